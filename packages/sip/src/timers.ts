/** Round-trip estimate. @spec rfc3261#17.1.1.1 */
export const T1 = 500;
/** The longest interval between retransmissions of a non-INVITE request or of a response to INVITE. @spec rfc3261#17.1.2.2 */
export const T2 = 4_000;
/** How long the network may hold a message. @spec rfc3261#17.1.2.2 */
export const T4 = 5_000;

const giveUpMs = 64 * T1;

/** First retransmission of an INVITE; every further one after twice the time. @alias @spec rfc3261#17.1.1.2 */
export const timerA = T1;
/** An INVITE that nobody answered. @spec rfc3261#17.1.1.2 */
export const timerB = giveUpMs;
/** An INVITE that rings and rings: more than three minutes. @spec rfc3261#16.6 @spec GEN-36 */
export const timerC = 181_000;
/** Repeated refusals of an INVITE. @spec rfc6026#8.4 */
export const timerD = (isReliable: boolean): number => (isReliable ? 0 : 32_000);
/** First retransmission of any other request; every further one after twice the time, at most T2. @alias @spec rfc3261#17.1.2.2 */
export const timerE = T1;
/** A request other than INVITE that nobody answered. @spec rfc3261#17.1.2.2 */
export const timerF = giveUpMs;
/** First retransmission of a refused INVITE's answer. @alias @spec rfc3261#17.2.1 */
export const timerG = T1;
/** The ACK that never came. @spec rfc3261#17.2.1 */
export const timerH = giveUpMs;
/** Repeated ACKs. @spec rfc3261#17.2.1 */
export const timerI = (isReliable: boolean): number => (isReliable ? 0 : T4);
/** Repeated requests other than INVITE. @spec rfc3261#17.2.2 */
export const timerJ = (isReliable: boolean): number => (isReliable ? 0 : giveUpMs);
/** Repeated answers to requests other than INVITE. @spec rfc3261#17.1.2.2 */
export const timerK = (isReliable: boolean): number => (isReliable ? 0 : T4);
/** Repeats of an accepted INVITE, over every transport. @spec rfc6026#8.7 */
export const timerL = giveUpMs;
/** Repeated and further 2xx to an INVITE. @spec rfc6026#8.4 */
export const timerM = giveUpMs;

/** When a 100 to an INVITE is due, unless the user answered sooner. @spec rfc3261#17.2.1 @spec GEN-02 */
export const tryingInviteMs = 200;
/** When the client's Timer E reaches T2, so that a 100 to another request may, and must, go out. @spec rfc4320#4.1 */
export const tryingOtherMs = T1 + 2 * T1 + 4 * T1;
/** A CANCEL whose INVITE got no final answer all the same. @spec rfc3261#9.1 */
export const cancelledMs = giveUpMs;
