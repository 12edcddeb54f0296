export interface SipRequest { readonly kind: "request" }
export interface SipResponse { readonly kind: "response" }
