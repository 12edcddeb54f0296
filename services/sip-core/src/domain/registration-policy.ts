/** What the operator has decided about registrations. */
export interface RegistrationPolicy {
  /** Below it, and below an hour, 423. @spec GEN-23 */
  readonly minExpiresS: number;
  readonly maxExpiresS: number;
  readonly defaultExpiresS: number;
  readonly maxContacts: number;
  /** How often a device should show that its flow is alive. @spec rfc5626#6 */
  readonly flowTimerS: number;
  /** Whether a Path is taken although the device did not say that it knows what that is. @spec GEN-25 */
  readonly acceptsUnannouncedPath: boolean;
  /** Where devices send their requests first. @spec rfc3608#6.3 */
  readonly serviceRoute: readonly string[];
}
