"""Whether the template has room for the functions that are to come: it is grown to 180 functions in its
own shape, transformed as CloudFormation does it, counted, and given to cfn-lint.

A function that is added is a copy of one there is: its block, its integration, and its routes in both
forms of the path. All operations are copied in turn, so what the copies may do to the table is spread as
it is today. No linter counts what SAM makes of a template, and none counts routes or integrations.

Usage: python tools/room.py [FUNCTIONS], with the Python of sam's environment.
"""

import copy
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # The transform asks boto3 for one.

logging.disable(logging.WARNING)  # It warns of metrics that nobody collects.

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parent.parent
INTEGRATION, INTEGRATIONS = "x-amazon-apigateway-integration", "x-amazon-apigateway-integrations"

# CloudFormation: 500 resources and 1 MB. 50 resources are kept for what is no function.
MAX_RESOURCES, MAX_BYTES = 450, 1_000_000
# API Gateway, "Quotas for configuring and running an HTTP API": the one cannot be raised, the other can.
MAX_INTEGRATIONS, ROUTES_QUOTA = 300, 300
# IAM, "IAM and AWS STS quotas": can be raised.
MAX_POLICIES_OF_A_ROLE = 10


def functions(resources, kind="AWS::Serverless::Function"):
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == kind}


def operations(body):
    """Path, method and operation of each route."""
    for path, item in body["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def reference(name):
    return {"$ref": f"#/components/{INTEGRATIONS}/{name}"}


def grow(template, count):
    """Adds copies of the functions that have a route, in turn, until there are `count`."""
    resources = template["Resources"]
    body = resources["Api"]["Properties"]["DefinitionBody"]
    integrations = body["components"][INTEGRATIONS]
    routes = {name: [] for name in integrations}
    for path, method, operation in list(operations(body)):
        routes[operation[INTEGRATION]["$ref"].rsplit("/", 1)[1]].append((path, method, operation))
    routes = {name: [one for one in own if one[1] != "options"][:2] for name, own in routes.items()}
    copied = [name for name, own in routes.items() if len(own) == 2]
    for index in range(count - len(functions(resources))):
        name, number = copied[index % len(copied)], index // len(copied) + 2
        new = f"{name}{number}"
        block = resources[new] = copy.deepcopy(resources[name])
        block["Properties"]["FunctionName"]["Fn::Sub"] += f"-{number}"
        integration = copy.deepcopy(integrations[name])
        integration["uri"] = {"Fn::GetAtt": [new, "Arn"]}
        integrations[new] = integration
        for path, method, operation in routes[name]:
            at = re.sub(r"^(/api/(?:\{account_id\}/)?[^/]+)", rf"\1-{number}", path)
            item = body["paths"].setdefault(at, {})
            if "parameters" in body["paths"][path]:
                item["parameters"] = body["paths"][path]["parameters"]
            item[method] = {**operation, INTEGRATION: reference(new)}
    return template


class NoManagedPolicies:
    """SAM asks AWS for the names of its managed policies; the template names none of them."""

    def load(self):
        return {}


def transformed(template):
    template = copy.deepcopy(template)
    for properties in functions(template["Resources"]).values():
        properties["CodeUri"] = "s3://bucket/key"  # As `sam deploy` has replaced it by then.
    return transform(template, {}, NoManagedPolicies())


def statements(policy):
    found = policy["PolicyDocument"]["Statement"]
    return found if isinstance(found, list) else [found]


# Policies that allow what they allow of some keys only, or of something else; the others are an action each, of the table.
OF_SOME_KEYS = {"Authenticate", "CountUsage", "Deliver", "DrawChallenges", "WriteBooks"}


def wrong_roles(template, output):
    """Where a function's role is not its own, or may do to the table what the function does not list."""
    resources = output["Resources"]
    roles = functions(resources, "AWS::IAM::Role")
    policies = functions(resources, "AWS::IAM::ManagedPolicy")
    named = {name: one for name, one in policies.items() if name not in OF_SOME_KEYS}
    for name, policy in named.items():
        [statement] = statements(policy)
        table = {"Fn::GetAtt": ["Table", "Arn"]}
        expected = {"Effect": "Allow", "Action": f"dynamodb:{name}", "Resource": table}
        if statement != expected:
            yield f"policy {name}: it is not {json.dumps(expected)}"
    holders = Counter(one["Role"]["Fn::GetAtt"][0] for one in functions(resources, "AWS::Lambda::Function").values())
    for function, properties in functions(template["Resources"]).items():
        name = resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]
        role = roles[name]
        if holders[name] != 1:
            yield f"{function}: its role {name} is that of {holders[name]} functions; give each its own"
        listed = [policy["Ref"] for policy in properties.get("Policies", []) if "Ref" in policy]
        attached = role.get("ManagedPolicyArns", [])
        if sorted(listed) != sorted(one["Ref"] for one in attached if "Ref" in one):
            yield f"{function}: it lists {listed}, and its role has {attached}"
        if len(attached) > MAX_POLICIES_OF_A_ROLE:
            yield f"{function}: {len(attached)} policies, and a role has {MAX_POLICIES_OF_A_ROLE} at most"
        actions = [action for policy in role.get("Policies", []) for one in statements(policy)
                   for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])]
        if any(action.startswith("dynamodb:") for action in actions):
            yield f"{function}: it has a policy of its own over a table; list of {', '.join(named)} what it does"


def wrong_routes(body):
    """Where a route would make an integration of its own, and where two lead to one function."""
    integrations = body["components"][INTEGRATIONS]
    for path, method, operation in operations(body):
        if operation.get(INTEGRATION) not in [reference(name) for name in integrations]:
            yield f"{method} {path}: name an integration of components by $ref; written out, it is one more"
    targets = Counter(json.dumps(one["uri"]) for one in integrations.values())
    for uri, count in targets.items():
        if count != 1:
            yield f"{uri} has {count} integrations; one is enough for all of its routes"


def measured(template):
    output = transformed(template)
    body = output["Resources"]["Api"]["Properties"]["Body"]
    # API Gateway makes one of each that components name and of each that is written out in a route.
    written_out = [one for *_, one in operations(body) if "$ref" not in one.get(INTEGRATION, {})]
    figures = {
        "functions": len(functions(output["Resources"], "AWS::Lambda::Function")),
        "resources": len(output["Resources"]),
        "bytes": len(json.dumps(output)),
        "integrations": len(body["components"][INTEGRATIONS]) + len(written_out),
        "routes": len(list(operations(body))),
    }
    wrong = [*wrong_routes(body), *wrong_roles(template, output)]
    return figures, wrong


def over(figures):
    for name, most, advice in [
        ("resources", MAX_RESOURCES, "see docs/decisions/0020 for what shares more"),
        ("bytes", MAX_BYTES, "what is the same in every function belongs into Globals or a policy"),
        ("integrations", MAX_INTEGRATIONS, "let all routes of a function name one integration"),
    ]:
        if figures[name] > most:
            yield f"{figures[name]} {name}, and {most} is the most: {advice}"


def lint(template):
    """What cfn-lint says of it, which transforms it too."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "template.json")
        path.write_text(json.dumps(template, indent=1))
        shutil.copy(ROOT / "alarms.yaml", folder)
        command = [str(Path(sys.executable).with_name("cfn-lint")), "--format", "parseable", str(path)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        if found.returncode and not found.stdout:
            return [found.stderr]
        return found.stdout.splitlines()


def line(figures):
    return ", ".join(f"{count:,} {name}" for name, count in figures.items())


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 180
    template = yaml_parse((ROOT / "template.yaml").read_text())
    now, wrong = measured(template)
    print(f"template.yaml: {line(now)}")
    if not wrong:
        then, wrong = measured(grow(template, count))
        print(f"grown:         {line(then)}")
        wrong = [*wrong, *over(then)] or lint(template)
    if wrong:
        print(f"No room for {count} functions:", *wrong, sep="\n  ", file=sys.stderr)
        sys.exit(1)
    print(f"Room for {count} functions: at most {MAX_RESOURCES} resources, {MAX_BYTES:,} bytes and "
          f"{MAX_INTEGRATIONS} integrations; a role each, with what it lists and no more; cfn-lint is content.")
    if then["routes"] > ROUTES_QUOTA:
        print(f"More than {ROUTES_QUOTA} routes need a raised quota: \"Routes per API\" of API Gateway.")


main()
