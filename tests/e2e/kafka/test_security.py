#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS, mutual TLS and SASL against a real broker, each with the wrong thing.

Where it is wrong no alert leaves, the spool keeps it, and /readyz says why.
"""
import os
import pathlib
import re
import resource
import signal
import ssl
import subprocess
import tempfile

import watched
from imposter import Imposter, Tap, rubbish, tls
from secured import Secured
from watched import await_delivered

from harness import runner, sensor
from harness.process import wait_until

SCRAMS = ("SCRAM-SHA-256", "SCRAM-SHA-512")


class Security(Secured):
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
        from broker import NEW_RSA_KEY
        certificate, key = self.broker.certificates.issue("old", new_key=NEW_RSA_KEY)
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with self.subTest(version.name):
                self.assert_imposter(tls(certificate, key, version), "handshake failure")

    def test_a_broker_without_tls_is_refused_where_tls_is_asked_for(self):
        self.assert_refused(self.settings("plain"), "connecting to a PLAINTEXT broker")

    def in_clear(self, mechanism, tap):
        """Settings for the listener without TLS, by way of a tap."""
        return {"kafka.brokers": tap.address, "kafka.ports": self.broker.ports["weak"],
                "alerts.sinks": "kafka", "kafka.sasl_mechanism": mechanism,
                "kafka.sasl_username": self.user,
                "kafka.sasl_password_file": self.secrets / "password"}

    def test_a_broker_that_offers_only_plain_gets_no_password_of_scram(self):
        tap = Tap(self.broker.address("weak"))
        with Imposter(tap) as imposter:
            self.assert_refused(self.in_clear(SCRAMS[0], imposter),
                                "supported mechanisms: PLAIN")
        self.assertNotEqual(tap.heard, b"")
        self.assertNotIn(self.password.encode(), tap.heard)

    def test_a_password_in_clear_is_warned_of(self):
        tap = Tap(self.broker.address("weak"))
        with Imposter(tap) as imposter, self.start(self.in_clear("PLAIN", imposter)) as watch:
            self.raise_alert()
            await_delivered(watch, 1)
            self.assertIn("degraded: kafka.tls: not set, so SASL PLAIN sends the password in clear",
                          watch.errors())
        self.assertIn(self.password.encode(), tap.heard)

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
