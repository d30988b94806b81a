#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Certificates, keys and authorities that are replaced while the sensor runs."""
import os
import shutil

import watched
from secured import Secured
from watched import TOPIC, Seen, await_delivered, metric

from harness import runner, sensor
from harness.process import wait_until

FILES = {"ca_file": "ca.crt", "cert_file": "tls.crt", "key_file": "tls.key"}


class Rotation(Secured):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certificates = cls.broker.certificates
        cls.next = cls.certificates.authority("next")
        cls.trusted = cls.certificates.ca

    def setUp(self):
        self.folder = self.secrets / self._testMethodName
        self.folder.mkdir()
        self.broker_trusts(self.certificates.ca)
        self.delivered = 0
        self.before = len(self.ids())

    def ids(self):
        return Seen(self.broker.read_all(TOPIC)).first

    def fill(self, folder, issuer="ca", ca=None):
        """A pair that `issuer` signed; `ca`: whom the sensor is to trust."""
        certificate, key = self.certificates.issue(f"of-{issuer}", ca=issuer)
        folder.mkdir(exist_ok=True)
        for name, file in {"ca.crt": ca or self.certificates.ca, "tls.crt": certificate,
                           "tls.key": key}.items():
            shutil.copy(file, folder / f"{name}.new")
            (folder / f"{name}.new").rename(folder / name)

    def mount(self, name, **what):
        """A version of a Secret as a kubelet lays it out: the link ..data moves to it."""
        self.fill(self.folder / name, **what)
        (self.folder / "..next").symlink_to(name)
        (self.folder / "..next").rename(self.folder / "..data")
        for file in FILES.values():
            if not (self.folder / file).is_symlink():
                (self.folder / file).symlink_to(f"..data/{file}")

    def start(self):
        return super().start({**self.settings("mtls"),
                              **{f"kafka.{k}": self.folder / v for k, v in FILES.items()}})

    def broker_trusts(self, authority):
        """It takes client certificates of no other, and no connection is left."""
        if authority == self.trusted:
            return
        Rotation.trusted = authority
        self.broker.kill()
        self.broker.trust(authority)
        self.broker.start()

    def assert_delivers(self, watch):
        self.delivered += 1
        self.raise_alert()
        await_delivered(watch, self.delivered, 60)
        self.assertEqual(watch.get("/readyz"), "ok\n")

    def assert_waits(self, watch, *words):
        """The next alert waits, and /readyz says all the words."""
        self.raise_alert()
        self.delivered += 1
        self.await_trouble(watch, *words)
        self.assertEqual(metric(watch, "alerts_pending"), 1)

    def await_trouble(self, watch, *words):
        wait_until(lambda: all(word in watch.get("/readyz") for word in words),
                   lambda: watch.get("/readyz"), 60)

    def assert_none_lost(self, watch):
        await_delivered(watch, self.delivered, 60)
        self.assertEqual(watch.get("/readyz"), "ok\n")
        self.assertEqual(len(self.ids()), self.before + self.delivered)

    def test_a_pair_that_another_authority_signed_is_taken_without_a_restart(self):
        self.fill(self.folder)
        with self.start() as watch:
            self.assert_delivers(watch)
            self.broker_trusts(self.next)
            self.assert_waits(watch, "SSL")
            self.fill(self.folder, "next")
            self.assert_none_lost(watch)

    def test_a_secret_of_kubernetes_that_changes_is_taken_whole(self):
        self.mount("..1")
        with self.start() as watch:
            self.assert_delivers(watch)
            # An authority that did not sign the broker's: whatever worked, works no more.
            self.mount("..2", ca=self.certificates.stranger)
            self.await_trouble(watch, "certificate verify failed")
            self.assert_waits(watch, "certificate verify failed")
            self.mount("..3")
            self.assert_none_lost(watch)
            self.assertEqual(os.readlink(self.folder / "..data"), "..3")

    def test_a_file_that_can_not_be_used_is_named_until_it_is_mended(self):
        self.fill(self.folder)
        good = shutil.copytree(self.folder, self.secrets / "good")
        with self.start() as watch:
            self.assert_delivers(watch)
            for name, broken, words in (
                    ("tls.key", "-----BEGIN PRIVATE KEY-----\n", ("kafka.key_file", "PEM")),
                    ("tls.crt", "", ("kafka.cert_file", "PEM")),
                    ("ca.crt", None, ("kafka.ca_file", "No such file", "mounted?"))):
                with self.subTest(name):
                    file = self.folder / name
                    file.unlink()
                    if broken is not None:
                        file.write_text(broken)
                    self.await_trouble(watch, str(file), *words)
                    self.assert_waits(watch, str(file))
                    shutil.copy(good / name, file)
                    await_delivered(watch, self.delivered, 60)
            self.assert_none_lost(watch)


if __name__ == "__main__":
    runner.main(needs=[sensor.missing, watched.missing])
