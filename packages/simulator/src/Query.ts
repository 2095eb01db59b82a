/**
 * Queries that the platform refuses.
 *
 * @module
 */

/** Why a query is refused with 400, and which of the client's mistakes that is. */
export class InvalidQuery {
  readonly mistake: "badQuery" | "pageTooLarge"
  readonly message: string
  constructor(mistake: "badQuery" | "pageTooLarge", message: string) {
    this.mistake = mistake
    this.message = message
  }
}
