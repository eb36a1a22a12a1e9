"""`sam deploy`, which has CloudFormation watch the stack's alarms while it changes and for a while after,
and change it back when one rings: sam has no option for that, and CloudFormation's are of each change
set. Usage: as `sam`, with STACK and WATCH (minutes, 0 to 180) in the environment.
"""

import os

import boto3
from botocore import handlers
from samcli.cli.main import cli

# Those that a bad version rings at once. CloudFormation takes five at most.
WATCHED = ("defects", "unavailable", "sweep-stopped")


def watch(params, **_):
    minutes = int(os.environ["WATCH"])
    # A stack that has none yet, or nobody to tell, is not watched. An empty list is said, because
    # otherwise the triggers of the last time would hold.
    names = [f"{os.environ['STACK']}-{alarm}" for alarm in WATCHED if minutes]
    alarms = boto3.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"] if names else []
    triggers = [{"Arn": alarm["AlarmArn"], "Type": "AWS::CloudWatch::Alarm"} for alarm in alarms]
    params["RollbackConfiguration"] = {
        "RollbackTriggers": triggers,
        "MonitoringTimeInMinutes": minutes if triggers else 0,
    }


handlers.BUILTIN_HANDLERS.append(("before-parameter-build.cloudformation.CreateChangeSet", watch))
cli()
