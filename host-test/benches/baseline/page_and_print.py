"""Pages through an organization's audit events and prints one JSON object per line, as a careful author might in an hour.

It keeps its connection open and has no state, retries or budget. The benchmark compares the connector with it, once with
the standard library's `json` and once with the faster `orjson`.

Usage: page_and_print.py ENDPOINT SLUG TOKEN [orjson]
"""

import http.client
import importlib
import json
import sys
import urllib.parse

QUERY = """
query ($slug: ID!, $first: Int!, $after: String) {
  organization(slug: $slug) {
    auditEvents(first: $first, after: $after) {
      pageInfo { endCursor hasNextPage }
      edges { node { id uuid type occurredAt data actor { name type uuid } subject { name type uuid } } }
    }
  }
}
"""


def main():
    endpoint, slug, token = sys.argv[1:4]
    library = importlib.import_module(sys.argv[4] if len(sys.argv) > 4 else "json")
    write = sys.stdout.buffer.write
    url = urllib.parse.urlsplit(endpoint)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.netloc, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    after = None
    while True:
        variables = {"slug": slug, "first": 500, "after": after}
        body = json.dumps({"query": QUERY, "variables": variables})
        connection.request("POST", url.path, body, headers)
        answer = library.loads(connection.getresponse().read())
        events = answer["data"]["organization"]["auditEvents"]
        for edge in events["edges"]:
            node = edge["node"]
            if isinstance(node.get("data"), str):
                try:
                    node["data"] = library.loads(node["data"])
                except ValueError:
                    pass  # It is not always JSON.
            line = library.dumps(node)
            write((line if isinstance(line, bytes) else line.encode()) + b"\n")
        if not events["pageInfo"]["hasNextPage"]:
            return
        after = events["pageInfo"]["endCursor"]


main()
