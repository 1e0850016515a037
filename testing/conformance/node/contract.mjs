// The errors of a source, from wit/source.wit, in JavaScript.

/**
 * An error of the source. `kind` says who must act: invalid-config, unauthorized, invalid-checkpoint (the operator),
 * transient (call again later, waiting longer each time), protocol (the developers). The message is for people.
 */
export class SourceError extends Error {
  name = "SourceError";

  /**
   * @param {string} kind
   * @param {string | {field: string, message: string}[]} detail
   */
  constructor(kind, detail) {
    const fields = Array.isArray(detail) ? detail : [];
    super(`${kind}: ${fields.length ? fields.map((one) => `${one.field}: ${one.message}`).join("; ") : detail}`);
    this.kind = kind;
    /** Paths of the invalid fields; only for invalid-config. */
    this.fields = fields.map((one) => one.field);
  }
}
