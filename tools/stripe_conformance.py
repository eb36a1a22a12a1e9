"""Holds what the stand-in for Stripe was asked, and what it answered, against Stripe's own document.

    stripe_conformance.py SPEC FOLDER

SPEC is Stripe's OpenAPI document, as JSON; FOLDER has files of exchanges, one JSON object a line, as
`local/src/stripe/exchange.rs` writes them. Every parameter has to be one that the document knows, of its
type, every answer one that it allows, and the version that is sent the document's own. Before that the
script is held against requests that are wrong: a reader that finds nothing wrong with those proves
nothing.
"""

import json
import pathlib
import re
import sys

from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

BASE = "urn:stripe"
# What the adapter is known to use: fewer, and the run did not see what it was to see.
OPERATIONS = {
    "POST /v1/customers",
    "POST /v1/setup_intents",
    "POST /v1/payment_methods/{payment_method}/detach",
    "GET /v1/payment_intents",
    "POST /v1/payment_intents",
    "GET /v1/payment_intents/{intent}",
    "POST /v1/payment_intents/{intent}/confirm",
    "POST /v1/payment_intents/{intent}/cancel",
    "GET /v1/refunds",
    "POST /v1/refunds",
    "GET /v1/disputes",
    "GET /v1/disputes/{dispute}",
}


def plain(node):
    """A schema of OpenAPI 3.0 as one of JSON Schema."""
    if isinstance(node, list):
        return [plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    out = {name: plain(value) for name, value in node.items() if name != "nullable"}
    if isinstance(out.get("$ref"), str):
        out["$ref"] = BASE + out["$ref"]
    if node.get("nullable") is True:
        out = {"anyOf": [{"type": "null"}, out]}
    return out


class Document:
    def __init__(self, path):
        spec = plain(json.loads(pathlib.Path(path).read_text()))
        self.version = spec["info"]["version"]
        self.paths = spec["paths"]
        self.spec = spec
        self.registry = Registry().with_resource(BASE, DRAFT7.create_resource(spec))
        self.templates = [
            (re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path) for path in self.paths
        ]

    def operation(self, method, path):
        found = [
            template
            for pattern, template in self.templates
            if pattern.match(path) and method.lower() in self.paths[template]
        ]
        # One without a variable is the more particular.
        found.sort(key=lambda template: template.count("{"))
        if not found:
            return None, None
        return f"{method} {found[0]}", self.paths[found[0]][method.lower()]

    def faults(self, value, schema):
        for error in Draft7Validator(schema, registry=self.registry).iter_errors(value):
            where = "/".join(str(part) for part in error.absolute_path)
            yield f"/{where}: {deepest(error)}"

    def resolved(self, schema):
        while "$ref" in schema:
            node = self.spec
            for part in schema["$ref"].removeprefix(BASE + "#/").split("/"):
                node = node[part]
            schema = node
        return schema

    def read(self, value, schema):
        """What a form's text is, where it is to be of this schema."""
        schema = self.resolved(schema)
        for choice in schema.get("anyOf", []):
            read = self.read(value, choice)
            if not list(self.faults(read, choice)):
                return read
        if isinstance(value, dict):
            if schema.get("type") == "array":
                return [self.read(one, schema.get("items", {})) for one in value.values()]
            known, other = schema.get("properties", {}), schema.get("additionalProperties")
            other = other if isinstance(other, dict) else {}
            return {name: self.read(one, known.get(name, other)) for name, one in value.items()}
        if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
            return int(value)
        if schema.get("type") == "boolean" and value in ("true", "false"):
            return value == "true"
        return value


def deepest(error):
    while error.context:
        error = max(error.context, key=lambda one: len(one.absolute_path))
    return error.message[:300]


def tree(form):
    """`a[b]=c` as nested objects; the places of a list are names too."""
    root = {}
    for count, (name, value) in enumerate(form):
        parts = [part for part in re.split(r"[\[\]]+", name) if part]
        if name.endswith("[]"):
            parts.append(str(count))
        node = root
        for part in parts[:-1]:
            node = node.setdefault(part, {})
        node[parts[-1]] = value
    return root


def of_request(document, operation, form, method="POST"):
    """What is wrong with a request."""
    sent = tree(form)
    if method == "POST":
        content = operation["requestBody"]["content"]
        schema = content["application/x-www-form-urlencoded"]["schema"]
    else:
        query = [one for one in operation.get("parameters", []) if one["in"] == "query"]
        schema = {
            "type": "object",
            "additionalProperties": False,
            "properties": {one["name"]: one["schema"] for one in query},
            "required": [one["name"] for one in query if one.get("required")],
        }
    return list(document.faults(document.read(sent, schema), schema))


def of_answer(document, operation, status, body):
    """What is wrong with an answer."""
    answers = operation["responses"]
    answer = answers.get(str(status), answers["default"])
    return list(document.faults(body, answer["content"]["application/json"]["schema"]))


def proves_itself(document):
    """Wrong requests are found to be wrong, and the right one is not."""
    _, create = document.operation("POST", "/v1/payment_intents")
    _, refund = document.operation("POST", "/v1/refunds")
    right = [["amount", "1099"], ["currency", "usd"], ["metadata[key]", "k"]]
    assert not of_request(document, create, right)
    wrong = [
        (create, [["amount", "10.99"], ["currency", "usd"]]),
        (create, [["currency", "usd"]]),
        (create, [*right, ["paymentmethod", "pm_1"]]),
        (create, [*right, ["confirm", "yes"]]),
        (create, [*right, ["statement_descriptor_suffix", "x" * 23]]),
        (refund, [["payment_intent", "pi_1"], ["reason", "because"]]),
    ]
    for operation, form in wrong:
        assert of_request(document, operation, form), form
    assert of_answer(document, create, 200, {"id": "pi_1", "object": "payment_intent"})


def main(spec, folder):
    document = Document(spec)
    proves_itself(document)
    seen, operations, faults, lines = set(), set(), {}, 0
    for file in sorted(pathlib.Path(folder).glob("*.jsonl")):
        for line in file.read_text().splitlines():
            lines += 1
            # The same but for ids and amounts.
            same = re.sub(r"(?<![a-z])[0-9]+|acc_[a-z]+_[0-9a-z]+|[a-z]+_stg_[0-9a-z]+", "0", line)
            if same in seen:
                continue
            seen.add(same)
            one = json.loads(line)
            if one["version"] is None or one["status"] == 401:
                continue  # sent by nobody of ours
            name, operation = document.operation(one["method"], one["path"])
            found = []
            if operation is None:
                found.append("no such operation")
            else:
                operations.add(name)
                refused = of_request(document, operation, one["form"], one["method"])
                # A request that is wrong on purpose has to be refused.
                found += [f"asked {fault}" for fault in refused if one["status"] != 400]
                wrong = of_answer(document, operation, one["status"], one["body"])
                found += [f"answered {fault}" for fault in wrong]
            if one["version"] != document.version:
                found.append(f"version {one['version']}, and the document is of {document.version}")
            for fault in found:
                faults.setdefault(f"{name or one['path']} {one['status']} {fault}", line)
    for fault, line in sorted(faults.items()):
        print(f"{fault}\n    {line[:400]}")
    missing = OPERATIONS - operations
    print(
        f"{lines} exchanges, {len(seen)} of them different, {len(operations)} operations, "
        f"version {document.version}: {len(faults)} faults"
    )
    if missing:
        print("never asked:", ", ".join(sorted(missing)))
    return 1 if faults or missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
