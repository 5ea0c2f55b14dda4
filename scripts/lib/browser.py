"""A headless Chromium, driven through chromedriver with nothing but the standard library."""

import base64
import json
import socket
import subprocess
import tempfile
import time
import urllib.request

# Nothing on a page takes longer.
LIMIT = 30.0
POLL = 0.05

SCREENS = {
    "desktop": {"width": 1280, "height": 800, "mobile": False},
    "phone": {"width": 390, "height": 844, "mobile": True},
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Browser:
    """One page of one browser; as a context it ends with it."""

    def __init__(self):
        self.port = free_port()
        self.profile = tempfile.TemporaryDirectory(prefix="pictures-")
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.driver = subprocess.Popen(["chromedriver", f"--port={self.port}"], **quiet)
        self.session = None
        self._until(lambda: self._call("GET", "/status")["ready"], "chromedriver answers")
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
        arguments += ["--no-first-run", "--disable-background-networking", f"--user-data-dir={self.profile.name}"]
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments}}
        started = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"/session/{started['sessionId']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._call("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.profile.cleanup()

    def look_like(self, screen, theme):
        """Changes the window and the theme that the system asks for."""
        self._devtools("Emulation.setDeviceMetricsOverride", {**SCREENS[screen], "deviceScaleFactor": 1})
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self._devtools("Emulation.setEmulatedMedia", {"features": features})

    def go(self, address):
        self._call("POST", f"{self.session}/url", {"url": address})

    def value(self, expression):
        body = {"script": f"return ({expression});", "args": []}
        return self._call("POST", f"{self.session}/execute/sync", body)

    def until(self, expression):
        self._until(lambda: self.value(f"Boolean({expression})"), expression)

    def picture(self, path):
        """Keeps what is seen in the window."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self._call("GET", f"{self.session}/screenshot")))

    def whole_page(self, path):
        """Keeps all of the page, also what is below the window."""
        path.parent.mkdir(parents=True, exist_ok=True)
        taken = self._devtools("Page.captureScreenshot", {"captureBeyondViewport": True})
        path.write_bytes(base64.b64decode(taken["data"]))

    def _devtools(self, command, parameters):
        return self._call("POST", f"{self.session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            return json.load(answer)["value"]

    @staticmethod
    def _until(condition, promise):
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            try:
                if condition():
                    return
            except OSError:
                pass
            time.sleep(POLL)
        raise TimeoutError(f"not seen in {LIMIT:.0f} s: {promise}")
