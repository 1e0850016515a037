// Wraps a component's HTTP imports to decide where it may send requests, and with which token.
import { http } from "@bytecodealliance/preview2-shim";

/** The token that the component receives. It is not a real one. */
export const PLACEHOLDER = "placeholder-set-by-the-host";

/**
 * Returns `wasi:http` for one origin. jco has no hook for requests, so this wraps the imports: requests to other
 * origins are denied, and `authorization` is set to the token on the way out, so that the component never has it. The
 * server's answer is passed to the component unchanged, even if it echoes the token.
 * @param {string} origin such as `https://graphql.buildkite.com`
 * @param {string} token
 */
export function egress(origin, token) {
  const bearer = new TextEncoder().encode(`Bearer ${token}`);

  /** The component reads its own headers back; the server gets different ones. */
  class OutgoingRequest extends http.types.OutgoingRequest {
    #own;

    constructor(headers) {
      const sent = headers.clone();
      if (sent.has("authorization")) sent.set("authorization", [bearer]);
      super(sent);
      this.#own = headers;
    }

    headers() {
      return this.#own;
    }
  }

  function handle(request, options) {
    const scheme = request.scheme()?.tag.toLowerCase() ?? "https";
    if (`${scheme}://${request.authority()}` !== origin) throw { tag: "HTTP-request-denied" };
    return http.outgoingHandler.handle(request, options);
  }

  return {
    "wasi:http/types": { ...http.types, OutgoingRequest },
    "wasi:http/outgoing-handler": { handle },
  };
}
