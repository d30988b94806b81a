# SPDX-License-Identifier: Apache-2.0
"""What the cluster tests share: the one cluster, and a namespace of Kubernetes.

    class Names(OnNode):
        def test_something(self):
            self.cluster.apply(pod("box", container("main", "pause")))

    if __name__ == "__main__":
        main()

A test runs on the node: what it starts is in the node's network and mounts.
"""
import os
import sys
import unittest

from harness import cluster, runner
from harness.cluster import Cluster
from harness.place import Place


class OnNode(unittest.TestCase):
    """self.cluster speaks to a namespace that is the class's own."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster().namespace())


def main(needs=()):
    """Skips where no cluster can be; brings up none itself, lest it stay behind."""
    if "NW_ON_NODE" not in os.environ:
        reason = cluster.missing()
        if reason is None and not Place().ready:
            reason = f"the cluster {Place().name} is not up (./dev cluster up)"
        if reason:
            print(f"skipped: {reason}")
            sys.exit(runner.SKIPPED)
        cluster.join(Place())
    runner.main(needs)
