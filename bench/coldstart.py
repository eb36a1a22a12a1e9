#!/usr/bin/env python3
"""coldstart.py - measure the start of AWS Lambda custom-runtime binaries on loopback, without Docker.

Each run starts BINARY afresh against a minimal Lambda Runtime API stub (127.0.0.1, random port) and reports
  init_ms     exec            -> first GET /runtime/invocation/next
  first_ms    that /next      -> first POST .../response (the first, "cold" invocation)
  warm_ms     /next -> response of the following invocations (median and p95)
  init_cpu    CPU ms used by the process (all threads) up to the first /next: steadier than wall time on a busy machine
  first_cpu   CPU ms used between the first /next and the first response
  rss_mib     max RSS of the process at its end
Python 3.8+, standard library only. Ends only the processes it started. Loopback only.

  coldstart.py target/lambda/customers-get/bootstrap --ddb --path /api/customers/1 --path-param id=1
  coldstart.py target/lambda/*/bootstrap --ddb -n 5 --max-init-ms 60 --max-rss-mib 40     # exit 1 over a limit
  --ddb      starts a canned-answer DynamoDB stub (http) and points AWS_ENDPOINT_URL_DYNAMODB at it
  --ddb-tls  the same over TLS (self-signed certificate added to the system bundle, through SSL_CERT_FILE)
  --cpu 0.14 caps CPU with a cgroup (v1 or v2; Lambda: 1 vCPU per 1769 MB, so 256 MB is about 0.14); needs root
  --event FILE  raw event JSON instead of the built-in API Gateway v2 (or --rest: v1) event
  --ddb-from URL  the stub learns its answers from the DynamoDB at URL: each action on a partition is passed on once,
                  a transaction once for all, and answered from memory from then on. So a function finds real items
                  and answers 200, while the stub costs the same as with canned ones. Use with --ddb or --ddb-tls.
"""
import argparse, base64, glob, http.client, http.server, json, os, re, socket, ssl, statistics, subprocess, sys, tempfile, threading, time, uuid

def http_event(a):
    body = a.body
    hdr = {"host": "localhost", "content-type": "application/json", "authorization": "Bearer sk_test_0123456789abcdef", "user-agent": "coldstart"}
    for h in a.header:
        k, v = h.split(":", 1); hdr[k.strip().lower()] = v.strip()
    params = dict(p.split("=", 1) for p in a.path_param)
    query = dict(q.split("=", 1) for q in a.query)
    if a.rest:
        return {"resource": a.path, "path": a.path, "httpMethod": a.method, "headers": hdr, "multiValueHeaders": {k: [v] for k, v in hdr.items()},
                "queryStringParameters": query or None, "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} or None,
                "pathParameters": params or None, "stageVariables": None, "body": body, "isBase64Encoded": False,
                "requestContext": {"accountId": "123456789012", "apiId": "local", "httpMethod": a.method, "path": a.path, "resourcePath": a.path, "resourceId": "r",
                                   "protocol": "HTTP/1.1", "requestId": str(uuid.uuid4()), "stage": "prod", "requestTimeEpoch": int(time.time() * 1000), "identity": {"sourceIp": "127.0.0.1", "userAgent": "coldstart"}}}
    return {"version": "2.0", "routeKey": f"{a.method} {a.path}", "rawPath": a.path, "rawQueryString": "&".join(f"{k}={v}" for k, v in query.items()), "headers": hdr,
            "queryStringParameters": query or None, "pathParameters": params or None, "body": body, "isBase64Encoded": False,
            "requestContext": {"accountId": "123456789012", "apiId": "local", "domainName": "localhost", "domainPrefix": "local", "requestId": str(uuid.uuid4()), "routeKey": f"{a.method} {a.path}",
                               "stage": "$default", "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()), "timeEpoch": int(time.time() * 1000),
                               "http": {"method": a.method, "path": a.path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "coldstart"}}}

class DdbStub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ITEM = {"pk": {"S": "T#1"}, "sk": {"S": "CUS#1"}, "id": {"S": "1"}, "name": {"S": "Ada"}, "email": {"S": "ada@example.com"}}
    UPSTREAM = None; LEARNT = {}
    def learnt(self, op, body):
        """The answer of UPSTREAM to the first request of this action on this partition (of any, for a transaction)."""
        pk = re.search(rb'"(?:PK|:pk)":\s*\{"S":\s*"[^"]*"', body)
        key = op if op == "TransactWriteItems" else (op, pk and pk.group())
        if key not in self.LEARNT:
            c = http.client.HTTPConnection(self.UPSTREAM, timeout=5)
            c.request("POST", "/", body, {h: self.headers[h] for h in ("x-amz-target", "content-type", "authorization", "x-amz-date") if self.headers[h]})
            r = c.getresponse(); status, answer = r.status, r.read(); c.close()
            if status != 200: return status, answer
            self.LEARNT[key] = (status, answer)
        return self.LEARNT[key]
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        op = (self.headers.get("x-amz-target") or ".").split(".")[1]
        r = {"GetItem": {"Item": self.ITEM}, "Query": {"Items": [self.ITEM], "Count": 1, "ScannedCount": 1}, "Scan": {"Items": [self.ITEM], "Count": 1, "ScannedCount": 1},
             "UpdateItem": {"Attributes": self.ITEM}, "BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}}}.get(op, {})
        status, b = self.learnt(op, body) if self.UPSTREAM else (200, json.dumps(r).encode())
        self.send_response(status); self.send_header("content-type", "application/x-amz-json-1.0"); self.send_header("content-length", str(len(b)))
        self.send_header("x-amzn-requestid", uuid.uuid4().hex); self.end_headers(); self.wfile.write(b)
    def log_message(self, *x): pass

def ddb_child(port_fd, tls_dir):
    class S(http.server.ThreadingHTTPServer):
        daemon_threads = True
        def handle_error(self, *x): pass
    DdbStub.disable_nagle_algorithm = True
    s = S(("127.0.0.1", 0), DdbStub)
    if tls_dir:
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain(tls_dir + "/cert.pem", tls_dir + "/key.pem")
        s.socket = c.wrap_socket(s.socket, server_side=True, do_handshake_on_connect=False)
    os.write(port_fd, str(s.server_address[1]).encode()); os.close(port_fd); s.serve_forever()

def start_ddb(tls_dir):
    r, w = os.pipe(); pid = os.fork()
    if pid == 0:
        os.close(r)
        try: ddb_child(w, tls_dir)
        finally: os._exit(0)
    os.close(w); port = int(os.read(r, 16)); os.close(r); return pid, port

def make_tls(d):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", d + "/key.pem", "-out", d + "/cert.pem", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"], check=True, stderr=subprocess.DEVNULL)
    base = "/etc/ssl/certs/ca-certificates.crt"
    with open(d + "/bundle.pem", "w") as f:
        if os.path.exists(base): f.write(open(base).read())
        f.write(open(d + "/cert.pem").read())

def cpu_ms(pid):
    t = 0
    try:
        for p in os.listdir(f"/proc/{pid}/task"):
            try: t += int(open(f"/proc/{pid}/task/{p}/schedstat").read().split()[0])
            except (OSError, IndexError, ValueError): pass
    except OSError: pass
    return t / 1e6

class Runtime:
    """Minimal Lambda Runtime API: /next, /response, /error, /init/error."""
    def __init__(self, event, total):
        self.event = json.dumps(event).encode(); self.total = total; self.sent = 0; self.next_t = []; self.resp_t = []; self.bodies = []; self.cpu = []
        self.done = threading.Event(); self.pid = None; self.fail = None; self.lock = threading.Lock()
        self.s = socket.socket(); self.s.bind(("127.0.0.1", 0)); self.s.listen(64); self.port = self.s.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
    def accept(self):
        while True:
            try: c, _ = self.s.accept()
            except OSError: return
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1); threading.Thread(target=self.conn, args=(c,), daemon=True).start()
    def read(self, f):
        line = f.readline()
        if not line: return None
        m, p, _ = line.decode().split(" ", 2); h = {}
        while True:
            l = f.readline().decode().strip()
            if not l: break
            k, v = l.split(":", 1); h[k.lower()] = v.strip()
        if "chunked" in h.get("transfer-encoding", ""):
            b = b""
            while True:
                n = int(f.readline().split(b";")[0], 16); d = f.read(n); f.readline()
                if n == 0: break
                b += d
        else: b = f.read(int(h.get("content-length", 0)))
        return m, p, h, b
    def conn(self, c):
        f = c.makefile("rb")
        try:
            while True:
                r = self.read(f)
                if r is None: return
                t = time.perf_counter_ns(); m, p, h, b = r
                if p.endswith("/invocation/next"):
                    with self.lock: n = self.sent; self.sent += 1
                    if n == 0: self.cpu.append(cpu_ms(self.pid))
                    if n >= self.total: self.done.set(); time.sleep(3600)
                    rid = str(uuid.uuid4())
                    head = (f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(self.event)}\r\nlambda-runtime-aws-request-id: {rid}\r\n"
                            f"lambda-runtime-deadline-ms: {int(time.time() * 1000) + 30000}\r\nlambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:f\r\n"
                            f"lambda-runtime-trace-id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0\r\n\r\n").encode()
                    self.next_t.append((t, time.perf_counter_ns())); c.sendall(head + self.event)
                else:
                    if p.endswith("/response"):
                        self.resp_t.append(t); self.bodies.append(b)
                        if len(self.resp_t) == 1: self.cpu.append(cpu_ms(self.pid))
                    else: self.fail = f"{p}: {b[:400]!r}"; self.done.set()
                    c.sendall(b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{\"status\":\"OK\"}")
        except (OSError, ValueError): pass

def run_once(a, binary, env, cg):
    rt = Runtime(a.ev, 1 + a.warm)
    e = dict(env); e["AWS_LAMBDA_RUNTIME_API"] = f"127.0.0.1:{rt.port}"
    out = open(a.log, "ab") if a.log else subprocess.DEVNULL
    def pre():
        if cg: open(cg + "/cgroup.procs", "w").write(str(os.getpid()))
    t0 = time.perf_counter_ns()
    p = subprocess.Popen(a.wrap.split() + [binary] if a.wrap else [binary], env=e, stdout=out, stderr=out, preexec_fn=pre if cg else None, cwd=tempfile.gettempdir())
    rt.pid = p.pid
    deadline = time.time() + a.timeout
    while not rt.done.wait(0.05):
        if p.poll() is not None: rt.fail = rt.fail or f"process ended with {p.returncode}"; break
        if time.time() > deadline: rt.fail = "timed out"; break
    rss = 0
    try:
        for l in open(f"/proc/{p.pid}/status"):
            if l.startswith("VmHWM"): rss = int(l.split()[1]) / 1024
    except OSError: pass
    if p.poll() is None: p.kill()
    p.wait(); rt.s.close()
    if rt.fail or not rt.resp_t: return {"error": rt.fail or "no response"}
    warm = [(r - n[1]) / 1e6 for n, r in zip(rt.next_t[1:], rt.resp_t[1:])]
    try: status = json.loads(rt.bodies[0]).get("statusCode")
    except ValueError: status = None
    return {"init_ms": (rt.next_t[0][0] - t0) / 1e6, "first_ms": (rt.resp_t[0] - rt.next_t[0][1]) / 1e6, "warm": warm, "init_cpu": rt.cpu[0], "first_cpu": rt.cpu[1] - rt.cpu[0], "rss_mib": rss, "status": status,
            "body": rt.bodies[0][:600].decode("utf8", "replace")}

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("binary", nargs="+"); ap.add_argument("-n", type=int, default=10, help="cold runs per binary"); ap.add_argument("--warm", type=int, default=50, help="warm invocations per run")
    ap.add_argument("--method", default="GET"); ap.add_argument("--path", default="/api/customers/1"); ap.add_argument("--path-param", action="append", default=[]); ap.add_argument("--query", action="append", default=[])
    ap.add_argument("--header", action="append", default=[]); ap.add_argument("--body"); ap.add_argument("--rest", action="store_true"); ap.add_argument("--event"); ap.add_argument("--env", action="append", default=[])
    ap.add_argument("--ddb", action="store_true"); ap.add_argument("--ddb-tls", action="store_true"); ap.add_argument("--ddb-from", metavar="URL"); ap.add_argument("--cpu", type=float); ap.add_argument("--wrap", default=""); ap.add_argument("--timeout", type=float, default=30)
    ap.add_argument("--expect-status", type=int); ap.add_argument("--max-init-ms", type=float); ap.add_argument("--max-first-ms", type=float); ap.add_argument("--max-rss-mib", type=float)
    ap.add_argument("--json", action="store_true"); ap.add_argument("--show", action="store_true", help="print the first response"); ap.add_argument("--log", help="append the binary's own output to this file")
    a = ap.parse_args()
    if a.ddb_from: DdbStub.UPSTREAM = a.ddb_from.split("//")[-1].rstrip("/")
    a.ev = json.load(open(a.event)) if a.event else http_event(a)
    env = {"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "LANG": "C.UTF-8", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test",
           "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_LOG_GROUP_NAME": "g", "AWS_LAMBDA_LOG_STREAM_NAME": "s", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "TABLE_NAME": "billing"}
    dpid = None; cg = None; bad = False
    with tempfile.TemporaryDirectory() as d:
        try:
            if a.ddb or a.ddb_tls:
                if a.ddb_tls: make_tls(d); env["SSL_CERT_FILE"] = d + "/bundle.pem"
                dpid, port = start_ddb(d if a.ddb_tls else None)
                env["AWS_ENDPOINT_URL_DYNAMODB"] = env["DYNAMODB_ENDPOINT"] = f"https://localhost:{port}" if a.ddb_tls else f"http://127.0.0.1:{port}"
            for kv in a.env: k, v = kv.split("=", 1); env[k] = v
            if a.cpu:
                v2 = os.path.exists("/sys/fs/cgroup/cgroup.controllers"); cg = f"/sys/fs/cgroup/{'' if v2 else 'cpu/'}coldstart-{os.getpid()}"; os.mkdir(cg)
                if v2: open(cg + "/cpu.max", "w").write(f"{int(a.cpu * 20000)} 20000")
                else: open(cg + "/cpu.cfs_period_us", "w").write("20000"); open(cg + "/cpu.cfs_quota_us", "w").write(str(max(1000, int(a.cpu * 20000))))
            if not a.json: print(f"{'binary':40} {'MiB':>6} {'init_ms':>8} {'(min)':>7} {'first_ms':>8} {'warm50':>7} {'warm95':>7} {'init_cpu':>8} {'first_cpu':>9} {'rss_mib':>7} status")
            for b in a.binary:
                b = os.path.abspath(b); runs = [run_once(a, b, env, cg) for _ in range(a.n)]; ok = [r for r in runs if "error" not in r]
                name = b.split("/")[-2] if os.path.basename(b) == "bootstrap" else "/".join(b.split("/")[-2:])
                if not ok: print(f"{name}: FAILED {runs[0]['error']}"); bad = True; continue
                med = lambda k: statistics.median(r[k] for r in ok); warm = sorted(x for r in ok for x in r["warm"]) or [0.0]
                s = {"binary": name, "path": b, "size_mib": round(os.path.getsize(b) / 2**20, 2), "runs": len(ok), "failed": len(runs) - len(ok), "init_ms": round(med("init_ms"), 2), "init_ms_min": round(min(r["init_ms"] for r in ok), 2),
                     "first_ms": round(med("first_ms"), 2), "warm_p50_ms": round(statistics.median(warm), 3), "warm_p95_ms": round(warm[int(len(warm) * .95) - 1], 3), "init_cpu_ms": round(med("init_cpu"), 2), "first_cpu_ms": round(med("first_cpu"), 2),
                     "rss_mib": round(max(r["rss_mib"] for r in ok), 1), "status": ok[0]["status"]}
                over = [k for k, lim in (("init_ms", a.max_init_ms), ("first_ms", a.max_first_ms), ("rss_mib", a.max_rss_mib)) if lim is not None and s[k] > lim]
                if s["failed"] or (a.expect_status and s["status"] != a.expect_status): over.append("status")
                bad |= bool(over)
                if a.json: print(json.dumps({**s, "over": over}))
                else: print(f"{name:40} {s['size_mib']:6} {s['init_ms']:8} {s['init_ms_min']:7} {s['first_ms']:8} {s['warm_p50_ms']:7} {s['warm_p95_ms']:7} {s['init_cpu_ms']:8} {s['first_cpu_ms']:9} {s['rss_mib']:7} {s['status']}" + (f"  OVER {over}" if over else ""))
                if a.show: print("   ", ok[0]["body"])
        finally:
            if dpid: os.kill(dpid, 9); os.waitpid(dpid, 0)
            if cg:
                for _ in range(20):
                    try: os.rmdir(cg); break
                    except OSError: time.sleep(0.05)
    return 1 if bad else 0
if __name__ == "__main__": sys.exit(main())
