# SPDX-License-Identifier: Apache-2.0
"""A sensor, and a real broker that wants TLS, certificates or passwords."""
import base64
import itertools
import json
import pathlib
import tempfile
import time
import unittest

from watched import TOPIC, Seen, await_delivered, connects, metric, start

from harness.netlab import NetLab
from harness.process import wait_until


def bearer_token(subject):
    """An unsecured JWT (RFC 7519 6), which the test's broker takes."""
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    now = int(time.time())
    return f"{part({'alg': 'none'})}.{part({'sub': subject, 'iat': now, 'exp': now + 3600})}."


class Secured(unittest.TestCase):
    """One broker with every kind of listener, and a Secret's files."""

    @classmethod
    def setUpClass(cls):
        from broker import PASSWORD, USER, Broker
        cls.user, cls.password = USER, PASSWORD
        cls.folder = pathlib.Path(cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="nameward-kafka-")))
        # The certificate is for the address, not for the name localhost.
        cls.broker = cls.enterClassContext(Broker(cls.folder / "broker", "IP:127.0.0.1"))
        cls.broker.create_topic(TOPIC)
        cls.secrets = cls.folder / "secrets"
        cls.secrets.mkdir()
        (cls.secrets / "password").write_text(PASSWORD + "\n")
        (cls.secrets / "wrong").write_text("not-" + PASSWORD)
        (cls.secrets / "token").write_text(bearer_token(USER))
        cls.lab = cls.enterClassContext(NetLab())
        cls.lab.host(1)
        cls.client = cls.lab.host(2)
        cls.numbers = itertools.count()

    def settings(self, listener, host="127.0.0.1", ca=None, **more):
        return {"kafka.brokers": self.broker.address(listener, host), "alerts.sinks": "kafka",
                "kafka.tls": "true", "kafka.ca_file": ca or self.broker.certificates.ca,
                **{f"kafka.{key}": value for key, value in more.items()}}

    def sasl(self, mechanism, password="password", **more):
        return self.settings("sasl", sasl_mechanism=mechanism, sasl_username=self.user,
                             sasl_password_file=self.secrets / password, **more)

    def start(self, settings):
        return start(self.lab, settings, spool=f"spool{next(self.numbers)}")

    def raise_alert(self):
        box = self.lab.cgroups.plain("app")
        [process] = connects(self.lab, self.client, [box], 1, 1)
        self.assertEqual(process.wait(60), 0)

    def assert_works(self, settings):
        before = len(Seen(self.broker.read_all(TOPIC)).first)
        with self.start(settings) as watch:
            self.raise_alert()
            await_delivered(watch, 1)
            self.assertEqual(watch.get("/readyz"), "ok\n")
        self.assertEqual(len(Seen(self.broker.read_all(TOPIC)).first), before + 1)

    def assert_refused(self, settings, words):
        before = len(self.broker.read_all(TOPIC))
        with self.start(settings) as watch:
            self.raise_alert()
            wait_until(lambda: words in watch.get("/readyz"), lambda: watch.get("/readyz"), 60)
            self.assertEqual(metric(watch, "alerts_pending"), 1)
            self.assertNotIn(self.password, watch.errors() + watch.get("/readyz"))
        self.assertEqual(len(self.broker.read_all(TOPIC)), before)
