#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sensor itself reads what the ConfigMaps say, laid out as the kubelet would."""
import os
import pathlib
import tempfile
import unittest

import yaml
from render import SOURCE, container, main, nameward, of_kind, pod_spec, render, renderings

ENVIRONMENT = {"NODE_NAME": "node1", "HOST_IP": "192.0.2.1,2001:db8::1", "POD_IP": "10.244.0.7",
               "POD_UID": "2c48913c-b29f-11e7-9350-020968147796"}


def files_of(objects, source):
    """One source of a volume: file names in it, and their text."""
    [data] = [o["data"] for o in of_kind(objects, "ConfigMap", source["name"])]
    if "items" not in source:
        return data
    return {item["path"]: data[item["key"]] for item in source["items"]}


def lay_out(objects, volume, folder):
    """A volume as the kubelet's atomic writer leaves it: names are links to ..data."""
    [spec] = [v for v in pod_spec(objects)["volumes"] if v["name"] == volume]
    sources = [s["configMap"] for s in spec.get("projected", {}).get("sources", [spec])]
    files = {}
    for source in sources:
        files |= files_of(objects, source)
    real = folder / "..2026_01_01"
    for name, text in files.items():
        path = real / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "..data").symlink_to(real.name)
    for top in {name.split("/")[0] for name in files}:
        (folder / top).symlink_to(f"..data/{top}")


class Configuration(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_the_sensor_reads_it_in_every_rendering(self):
        for folder in renderings():
            with self.subTest(folder):
                objects = render(folder)
                place = self.folder / folder.replace("/", "-")
                place.mkdir()
                lay_out(objects, "config", place)
                [verb, *flags] = container(objects)["args"]
                shown = nameward(verb, "--config", place / "nameward.yaml", "--print-config", *flags,
                                 env={**os.environ, **ENVIRONMENT})
                self.assertEqual(shown.returncode, 0, shown.stderr)
                settings = yaml.safe_load(shown.stdout)
                self.assertEqual(settings["metrics"]["listen"], "pod:9464")
                self.assertEqual(settings["node"]["name"], "node1")
                self.assertEqual(settings["kubelet"]["address"], ["192.0.2.1", "2001:db8::1"])

    def test_it_is_where_the_sensor_looks_for_it(self):
        paths = {m["name"]: m["mountPath"] for m in container(render("base"))["volumeMounts"]}
        self.assertEqual(paths["config"], "/etc/nameward")
        place = self.folder / "config"
        place.mkdir()
        lay_out(render("base"), "config", place)
        settings = yaml.safe_load((place / "nameward.yaml").read_text())
        self.assertEqual(settings["rules"]["paths"], [paths["rules"]])

    def test_its_token_is_where_the_sensor_looks_for_it(self):
        shown = yaml.safe_load(nameward("run", "--config", os.devnull, "--print-config").stdout)
        [path] = [m["mountPath"] for m in container(render("base"))["volumeMounts"] if m["name"] == "account"]
        self.assertEqual(shown["kubelet"]["token_file"], f"{path}/token")
        self.assertEqual(shown["kubelet"]["ca_file"], f"{path}/ca.crt")

    def test_the_policy_is_the_whole_starter_policy(self):
        [policy] = of_kind(render("base"), "ConfigMap", "nameward-rules")
        files = [*(SOURCE / "rules").glob("*.yaml"), *(SOURCE / "rules/lists").glob("*.txt")]
        self.assertEqual(policy["data"], {path.name: path.read_text() for path in files})

    def test_the_policy_loads_and_passes_its_own_tests(self):
        place = self.folder / "rules"
        place.mkdir()
        lay_out(render("base"), "rules", place)
        for verb in ("check", "test"):
            done = nameward("rules", verb, place)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
