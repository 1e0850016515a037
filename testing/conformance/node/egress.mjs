// Where a component may send to, and with which token: its HTTP imports, wrapped.
import { http } from "@bytecodealliance/preview2-shim";

/** What the component gets as its token. It is worth nothing. */
export const PLACEHOLDER = "placeholder-set-by-the-host";

/**
 * `wasi:http` for one origin. jco has no hook for requests, but it leaves the imports to the host: requests to other
 * origins are denied, and `authorization` gets the token on its way out, so that the component never holds it.
 * What the server answers goes to the component as it is, be it an echo of the token.
 * @param {string} origin such as `https://graphql.buildkite.com`
 * @param {string} token
 */
export function egress(origin, token) {
  const bearer = new TextEncoder().encode(`Bearer ${token}`);

  /** The component reads its own headers back; the server gets others. */
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
