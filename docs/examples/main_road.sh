#!/bin/sh
# A campaign from the first contact to the last receipt, with curl.
#   API=http://127.0.0.1:8000/api/v1 KEY=hg_live_… sh docs/examples/main_road.sh +306900000000
set -eu

# hg PATH [more arguments of curl]: one request; a refusal is shown and ends the script.
hg() {
    path=$1
    shift
    curl -sS --fail-with-body --retry 5 -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
        "$@" "$API/$path" || { echo >&2; exit 1; }
}
# id: the "id" of the JSON on stdin.
id() { python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])'; }
new_key() { python3 -c 'import uuid; print(uuid.uuid4())'; }

contact=$(hg contacts -d "{\"phone\": \"$1\", \"first_name\": \"Ada\", \"consent\": \"opted_in\", \"consent_source\": \"example\"}" | id)
list=$(hg lists -d "{\"name\": \"Example $(new_key)\"}" | id)
hg "lists/$list/members" -d "{\"add\": [\"$contact\"]}"
echo

campaign=$(hg campaigns -H "Idempotency-Key: $(new_key)" \
    -d "{\"name\": \"Example\", \"message\": \"Hello {{first_name|there}}!\", \"audience\": {\"list\": \"$list\"}}" | id)
quote=$(hg "campaigns/$campaign/quote" | id)

# --retry repeats the request with the same key: it never sends twice.
hg "campaigns/$campaign/enqueue" -H "Idempotency-Key: $(new_key)" -d "{\"quote_id\": \"$quote\"}"
echo

# Server-sent events: -L follows to the stream, -N shows each as it comes; it ends with the campaign.
hg "campaigns/$campaign/events" -L -N
hg "campaigns/$campaign/progress"
echo
hg "campaigns/$campaign/recipients?fields=phone,status,charged"
echo
