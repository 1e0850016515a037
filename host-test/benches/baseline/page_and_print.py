"""Pages through an organization's audit events and prints one JSON object per line.

Anyone could write it in an hour. No state, no retries, no budget; only the standard library. The connector is measured
against this baseline.
Usage: page_and_print.py ENDPOINT SLUG TOKEN
"""

import http.client
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
    endpoint, slug, token = sys.argv[1:]
    url = urllib.parse.urlsplit(endpoint)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.netloc, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    after = None
    while True:
        variables = {"slug": slug, "first": 500, "after": after}
        body = json.dumps({"query": QUERY, "variables": variables})
        connection.request("POST", url.path, body, headers)
        answer = json.load(connection.getresponse())
        events = answer["data"]["organization"]["auditEvents"]
        for edge in events["edges"]:
            node = edge["node"]
            if isinstance(node.get("data"), str):
                try:
                    node["data"] = json.loads(node["data"])
                except ValueError:
                    pass  # Not all of it is JSON.
            print(json.dumps(node))
        if not events["pageInfo"]["hasNextPage"]:
            return
        after = events["pageInfo"]["endCursor"]


main()
