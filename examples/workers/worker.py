#!/usr/bin/env python3
"""A worker with the standard library alone: worker.py http://host:7411 TOKEN JOBTYPE COMMAND...

Runs COMMAND for each job, with the job as JSON on its stdin; its exit code is the verdict.
"""
import json
import subprocess
import sys
import urllib.request
import uuid

server, token, jobtype, *command = sys.argv[1:]


def ask(method, path, body, kind="application/json"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": "Bearer " + token, "Content-Type": kind}
    request = urllib.request.Request(server + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
        return json.loads(text) if text else None


capabilities = {"jobtypes": jobtype, "language": "python"}
me = ask("POST", "/api/workers", {"protocol": 1, "name": "python", "capabilities": capabilities})["id"]
while True:
    wishes = {"worker": me, "request": str(uuid.uuid4()), "wait": 20, "lease": 3600}
    job = ask("POST", "/api/claims", wishes)
    if not job:
        continue
    attempt = "/api/jobs/%s/attempts/%d" % (job["job"], job["number"])
    done = subprocess.run(command, input=json.dumps(job).encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    ask("POST", attempt + "/log?offset=0", done.stdout, "application/octet-stream")
    verdict = "pass" if done.returncode == 0 else "fail"
    ask("POST", attempt + "/result", {"verdict": verdict, "result": {"exitCode": done.returncode}})
