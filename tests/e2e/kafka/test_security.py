#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS, mutual TLS and SASL against a real broker, each with the wrong thing.

Where it is wrong no alert leaves, the spool keeps it, and /readyz says why.
"""
import base64
import json
import os
import pathlib
import re
import resource
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import watched
from imposter import Imposter, rubbish, tls
from watched import TOPIC, Seen, await_delivered, connects, metric, start

from harness import runner, sensor
from harness.netlab import NetLab
from harness.process import wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
SCRAMS = ("SCRAM-SHA-256", "SCRAM-SHA-512")


def bearer_token(subject):
    """An unsecured JWT (RFC 7519 6), which the test's broker takes."""
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    now = int(time.time())
    return f"{part({'alg': 'none'})}.{part({'sub': subject, 'iat': now, 'exp': now + 3600})}."


class Security(unittest.TestCase):
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
        cls.number = 0

    def settings(self, listener, host="127.0.0.1", ca=None, **more):
        return {"kafka.brokers": self.broker.address(listener, host), "alerts.sinks": "kafka",
                "kafka.tls": "true", "kafka.ca_file": ca or self.broker.certificates.ca,
                **{f"kafka.{key}": value for key, value in more.items()}}

    def sasl(self, mechanism, password="password", **more):
        return self.settings("sasl", sasl_mechanism=mechanism, sasl_username=self.user,
                             sasl_password_file=self.secrets / password, **more)

    def start(self, settings):
        Security.number += 1
        return start(self.lab, settings, spool=f"spool{self.number}")

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

    def test_tls_with_the_brokers_authority(self):
        self.assert_works(self.settings("tls"))

    def test_a_strangers_authority_is_refused(self):
        self.assert_refused(self.settings("tls", ca=self.broker.certificates.stranger),
                            "certificate verify failed")

    def test_a_certificate_for_another_name_is_refused(self):
        self.assert_refused(self.settings("tls", host="localhost"), "certificate verify failed")

    def test_an_expired_certificate_is_refused(self):
        certificate, key = self.broker.certificates.issue("expired", days=-1)
        self.assert_imposter(tls(certificate, key), "certificate verify failed")

    def test_an_old_version_of_tls_is_refused(self):
        certificate, key = self.broker.certificates.issue("old")
        self.assert_imposter(tls(certificate, key, ssl.TLSVersion.TLSv1_1), "SSL")

    def test_a_broker_that_answers_rubbish_gets_no_alert(self):
        with Imposter(rubbish) as imposter:
            settings = {"kafka.brokers": imposter.address, "alerts.sinks": "kafka"}
            self.assert_refused(settings, "alerts wait for kafka")
            self.assertGreater(imposter.met, 0)

    def assert_imposter(self, speak, words):
        with Imposter(speak) as imposter:
            self.assert_refused({**self.settings("tls"), "kafka.brokers": imposter.address}, words)
            self.assertGreater(imposter.met, 0)

    def test_plain_text_to_a_tls_port_sends_nothing(self):
        settings = {"kafka.brokers": self.broker.address("tls"), "alerts.sinks": "kafka"}
        self.assert_refused(settings, "alerts wait for kafka")

    def test_mutual_tls(self):
        certificate, key = self.broker.certificates.issue("sensor")
        self.assert_works(self.settings("mtls", cert_file=certificate, key_file=key))

    def test_mutual_tls_without_a_certificate_is_refused(self):
        self.assert_refused(self.settings("mtls"), "SSL")

    def test_sasl_plain(self):
        self.assert_works(self.sasl("PLAIN"))

    def test_sasl_scram(self):
        for mechanism in SCRAMS:
            with self.subTest(mechanism):
                self.skip_without_scram()
                self.assert_works(self.sasl(mechanism))

    def test_a_wrong_password_of_scram_is_refused(self):
        self.skip_without_scram()
        self.assert_refused(self.sasl(SCRAMS[0], "wrong"), "uthentication")

    def skip_without_scram(self):
        """An old library works where Kafka is older, so the sensor starts, and says so."""
        with self.start(self.sasl(SCRAMS[0])) as watch:
            said = re.search("degraded: kafka.sasl_mechanism: .*", watch.errors())
        if said:
            self.skipTest(said[0])

    def test_a_wrong_password_is_refused_and_a_mended_file_taken_without_a_restart(self):
        settings = self.sasl("PLAIN", "rotated")
        rotated = self.secrets / "rotated"
        rotated.write_text("not-" + self.password)
        with self.start(settings) as watch:
            self.raise_alert()
            wait_until(lambda: "uthentication" in watch.get("/readyz"),
                       lambda: watch.get("/readyz"), 60)
            rotated.write_text(self.password)
            await_delivered(watch, 1, 60)

    def test_a_wrong_password_of_plain_is_refused(self):
        self.assert_refused(self.sasl("PLAIN", "wrong"), "uthentication")

    def test_sasl_oauthbearer_with_a_token_from_a_file(self):
        self.assert_works(self.settings("sasl", sasl_mechanism="OAUTHBEARER",
                                        sasl_username=self.user,
                                        sasl_token_file=self.secrets / "token"))

    def test_no_secret_is_shown(self):
        settings = self.sasl("PLAIN")
        with self.start(settings) as watch:
            self.raise_alert()
            await_delivered(watch, 1)
            pid = watch.process.pid
            shown = [pathlib.Path(f"/proc/{pid}/{name}").read_text()
                     for name in ("cmdline", "environ")]
            shown += [watch.get(page) for page in ("/metrics", "/readyz", "/api/ledger")]
            self.assertEqual(watch.stop(), 0)
            shown.append(watch.errors())
        assigned = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        shown.append(subprocess.run([sensor.BINARY, "run", "--print-config", *map(str, assigned)],
                                    capture_output=True, text=True, check=True).stdout)
        for text in shown:
            self.assertNotIn(self.password, text)

    def test_no_secret_is_in_a_core_file(self):
        with tempfile.TemporaryDirectory() as folder:
            ordinary = subprocess.Popen(["sleep", "60"], cwd=folder)
            dumped = self.dumps_core(ordinary)
        if not dumped:
            self.skipTest("no process leaves a core file on this machine")
        with self.start(self.sasl("PLAIN")) as watch:
            self.raise_alert()
            await_delivered(watch, 1)
            self.assertFalse(self.dumps_core(watch.process))

    def dumps_core(self, process):
        """Whether its end by a fault of its own would leave its memory on disk."""
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(process.pid, resource.RLIMIT_CORE, unlimited)
        process.send_signal(signal.SIGABRT)
        ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        process.wait()
        return ended.si_code == os.CLD_DUMPED


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, watched.missing])
