"""A plugin of pytest's that keeps it loaded: it runs the files that it is told of over a pipe, one after the
other, in one session, and tells what came of each test as it does.

What it reads (descriptor 8): a line of JSON for each message, {"run": [paths]}; their end ends the session.
What it writes (descriptor 9): a line for each of "ready", "begin", "test", "end", "late"; see warm-message.ts.
What the tests say ends with a mark in stderr where a file ends, so that its output can be told from others'.
Sessions, their fixtures and modules live on from file to file, as in `pytest a.py b.py`; all below the
session is torn down where a file ends.
"""

import atexit
import fcntl
import gc
import json
import os
import sys
import time

import pytest
from _pytest.junitxml import bin_xml_escape

# The lowest descriptor that programs do not use by number.
FREE = 30

def forget_ourselves():
    """Programs that the tests start find no trace of how this one was started."""
    here = os.path.dirname(os.path.abspath(__file__))
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path != here]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    if paths in ([], [""]):
        del os.environ["PYTHONPATH"]
    sys.path[:] = [path for path in sys.path if path != here]


def keep_private(descriptor):
    """The same one where tests do not meet it, and their programs do not inherit it."""
    private = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FREE)
    if descriptor > 2:
        os.close(descriptor)
    return private


class Wire:
    """The two pipes to who hands out the files, and stderr as it was when this process began."""

    def __init__(self, mark):
        self.mark = ("\x1e%s\n" % mark).encode()
        self.reader = os.fdopen(keep_private(8), "rb")
        self.writer = keep_private(9)
        self.stderr = keep_private(2)
        self.process = os.getpid()
        self.pending = b""

    def files(self):
        waiting = []
        while True:
            if not waiting:
                self.flush()
                line = self.reader.readline()
                if not line:
                    return
                waiting = json.loads(line)["run"]
            yield waiting.pop(0)

    def say(self, **message):
        """Goes out with what comes next, but before anything is run that may end this process."""
        self.refuse_forks()
        self.pending += json.dumps(message).encode() + b"\n"

    def flush(self):
        pending, self.pending = self.pending, b""
        write(self.writer, pending)

    def refuse_forks(self):
        """A fork of a test's that comes back from its test, or from being loaded, is no second teller."""
        if os.getpid() != self.process:
            os._exit(70)

    def end_output(self):
        self.refuse_forks()
        for stream in (sys.__stdout__, sys.__stderr__, sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        write(self.stderr, self.mark)


def write(descriptor, data):
    while data:
        data = data[os.write(descriptor, data) :]


class Cases:
    """What pytest reports, as cases of its own JUnit XML: names, verdicts and messages are the same there."""

    def __init__(self, wire):
        self.wire = wire
        self.begin()

    def begin(self):
        self.open = {}
        self.clash = None
        self.failed = []

    def pytest_collectreport(self, report):
        if report.passed:
            return
        text = str(report.longrepr)
        if report.failed:
            self.failed.append(report)
        if "import file mismatch" in text:
            self.clash = text
        message = "collection failure" if report.failed else "collection skipped"
        self.tell(report, "fail" if report.failed else "skip", 0, message, text)

    def pytest_runtest_logstart(self):
        if self.wire.pending:
            self.wire.flush()

    def pytest_runtest_logreport(self, report):
        case = self.open.setdefault(report.nodeid, {"seconds": 0, "verdict": None})
        if report.failed and report.when == "teardown" and case["verdict"] == "fail":
            self.close(report)
            case = self.open[report.nodeid] = {"seconds": 0, "verdict": None}
        case["seconds"] += getattr(report, "duration", 0)
        if report.failed:
            self.failed.append(report)
            case.update(verdict="fail", said=failure(report))
        elif report.skipped:
            case.update(verdict="skip", said=skip(report))
        elif report.when == "call":
            case.update(verdict="pass", said=())
        if report.when == "teardown":
            self.close(report)

    def close(self, report):
        case = self.open.pop(report.nodeid)
        if case["verdict"] is not None:
            self.tell(report, case["verdict"], case["seconds"], *case["said"])

    def tell(self, report, verdict, seconds, message=None, detail=None):
        classes, name = address(report.nodeid)
        case = {"name": str(bin_xml_escape(name)), "classname": classes, "verdict": verdict}
        if message is not None:
            case.update(message=message, detail=detail)
        case["ms"] = seconds * 1000
        self.wire.say(test=case)


def address(nodeid):
    """Class and name as junitxml.mangle_test_address has them."""
    path, bracket, parameters = nodeid.partition("[")
    names = path.split("::")
    names[0] = names[0].replace("/", ".")
    names[0] = names[0][:-3] if names[0].endswith(".py") else names[0]
    names[-1] += bracket + parameters
    return ".".join(names[:-1]), names[-1]


def failure(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    said = crash.message if crash is not None else str(report.longrepr)
    message = said if report.when == "call" else 'failed on %s with "%s"' % (report.when, said)
    return message, str(report.longrepr)


def skip(report):
    if hasattr(report, "wasxfail"):
        return report.wasxfail.replace("reason: ", "", 1), ""
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].replace("Skipped: ", "", 1), "%s:%s: %s" % report.longrepr
    return str(report.longrepr), ""


class Boundary(pytest.Item):
    """Stands for the next file's first test: what comes before is torn down, and the session is not."""

    def runtest(self):
        raise NotImplementedError


class WarmSession:
    def __init__(self, wire):
        self.wire = wire
        self.cases = Cases(wire)

    def pytest_configure(self, config):
        config.pluginmanager.register(self.cases, "shakedown-cases")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session):
        """Nothing is collected before it is asked for."""
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        refuse_what_cannot_be_kept(session.config)
        boundary = Boundary.from_parent(session, name="shakedown-boundary")
        self.wire.end_output()
        self.wire.say(ready=True)
        self.wire.flush()
        for path in self.wire.files():
            self.run(session, path, boundary)
        try:
            session._setupstate.teardown_exact(None)
        except Exception as error:
            self.wire.say(late={"message": "%s: %s" % (type(error).__name__, error)})
            self.wire.flush()
        return True

    def run(self, session, path, boundary):
        self.wire.say(begin=path)
        self.wire.flush()
        self.cases.begin()
        begin = time.perf_counter()
        session.shouldfail = session.shouldstop = False
        trouble = run_items(session, path, boundary)
        show(self.cases.failed, session.config.get_terminal_writer())
        end = {"file": path, "ms": (time.perf_counter() - begin) * 1000}
        if trouble is not None:
            end["message"] = trouble
        if self.cases.clash is not None:
            end["apart"] = self.cases.clash
        self.wire.end_output()
        self.wire.say(end=end)


def show(failed, writer):
    """What pytest itself says at the end of a session belongs to the file's output."""
    for report in failed:
        writer.line()
        writer.sep("_", report.nodeid)
        writer.line(report.longreprtext)
        for title, text in report.sections:
            writer.sep("-", title)
            writer.line(text)


def run_items(session, path, boundary):
    """What went wrong beside the tests, if anything."""
    failed = session.testsfailed
    stopped = None
    try:
        session.perform_collect([path])
        items = session.items
        if session.testsfailed > failed and not session.config.option.continue_on_collection_errors:
            return None
        for index, item in enumerate(items):
            following = items[index + 1] if index + 1 < len(items) else boundary
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            # What is set up still is torn down.
            if (session.shouldfail or session.shouldstop) and following is not boundary:
                session._setupstate.teardown_exact(boundary)
                stopped = str(session.shouldfail or session.shouldstop)
                break
    except (session.Failed, session.Interrupted) as error:
        stopped = str(error)
    except pytest.UsageError as error:
        return "\n".join(str(part) for part in error.args)
    # With -x or --maxfail the case that did it has been told; else nobody would miss those that were not run.
    return stopped if session.testsfailed == failed else None


def refuse_what_cannot_be_kept(config):
    if pytest.version_tuple < (7,):
        raise pytest.UsageError("pytest %s is older than 7" % pytest.__version__)
    option = config.option
    if getattr(option, "numprocesses", None) or getattr(option, "dist", "no") != "no":
        raise pytest.UsageError("pytest-xdist distributes the tests itself")
    if option.collectonly or option.usepdb:
        raise pytest.UsageError("--collect-only and --pdb are for one process each")


# Before a conftest is loaded, whose programs would inherit the pipes. Workers of pytest-xdist's have none.
mark = os.environ.pop("SHAKEDOWN_WARM", None)
wire = None if mark is None else Wire(mark)
forget_ourselves()
if wire is not None:
    # Last of all: to look through all that the tests' modules hold for what nobody needs takes longer than to
    # leave it to the kernel.
    atexit.register(gc.freeze)


def pytest_configure(config):
    if wire is not None:
        config.pluginmanager.register(WarmSession(wire), "shakedown-warm")
