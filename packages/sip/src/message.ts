export { SipRequest } from "./sip-request.js";
export { SipResponse } from "./sip-response.js";
