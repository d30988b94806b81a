# SPDX-License-Identifier: Apache-2.0
"""A real Apache Kafka broker (KRaft, one node) on loopback ports of its own.

    with Broker(folder) as broker:
        broker.create_topic("nameward.alerts", partitions=6)
        broker.kill(); broker.start()

Listeners: plain, tls (server certificate), mtls (client certificate wanted), sasl
(TLS and PLAIN, SCRAM or OAUTHBEARER).  Its jars come by Maven
(get_kafka.sh); Java 17 is enough.
"""
import os
import pathlib
import signal
import socket
import subprocess
import time

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.admin import NewTopic

HERE = pathlib.Path(__file__).resolve().parent
CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
START_SECONDS = 300
USER, PASSWORD = "nameward", "correct-horse-battery"
LISTENERS = ("plain", "controller", "tls", "mtls", "sasl")
PROTOCOLS = {"plain": "PLAINTEXT", "controller": "PLAINTEXT", "tls": "SSL", "mtls": "SSL",
             "sasl": "SASL_SSL"}
PLAIN_LOGIN = ("org.apache.kafka.common.security.plain.PlainLoginModule required "
               f'user_{USER}="{PASSWORD}";')
SCRAMS = ("SCRAM-SHA-256", "SCRAM-SHA-512")
SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
BEARER_LOGIN = ("org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule "
                'required unsecuredLoginStringClaim_sub="broker";')


def jars():
    cache = os.environ.get("NAMEWARD_CACHE", pathlib.Path.home() / ".cache/nameward")
    return pathlib.Path(cache) / "kafka/lib"


def free_ports(count, host="127.0.0.1"):
    """Distinct ports that nobody listens on now."""
    sockets = [socket.create_server((host, 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def openssl(*arguments, **options):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **options)


class Certificates:
    """An authority, and certificates that it signs; PEM files in `folder`."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True)
        self.ca = self._authority("ca")
        self.stranger = self._authority("stranger")

    def _authority(self, name):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", f"/CN={name}",
                "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem")
        return self.folder / f"{name}.pem"

    def issue(self, name, names="DNS:localhost,IP:127.0.0.1", ca="ca"):
        """(certificate, key) of `name`; valid for one day."""
        at = self.folder / name
        key, request, certificate = (at.with_suffix(s) for s in (".key", ".csr", ".pem"))
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key,
                "-out", request)
        extensions = at.with_suffix(".ext")
        extensions.write_text(f"subjectAltName={names}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.folder / f"{ca}.pem", "-CAkey",
                self.folder / f"{ca}.key", "-CAcreateserial", "-days", 1, "-extfile", extensions,
                "-out", certificate)
        return certificate, key


class Broker:
    """On `host`, which its certificate must name for others than the loopback."""

    def __init__(self, folder, server_names="DNS:localhost,IP:127.0.0.1", host="127.0.0.1"):
        self.folder, self.host = pathlib.Path(folder), host
        self.certificates = Certificates(self.folder / "certificates")
        self.ports = dict(zip(LISTENERS, free_ports(len(LISTENERS), host), strict=True))
        self.process = None
        self._write_properties(server_names)

    def __enter__(self):
        self.format()
        self.start()
        return self

    def format(self):
        self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", self._config,
                   *(word for sort in SCRAMS for word in
                     ("--add-scram", f"{sort}=[name={USER},password={PASSWORD}]")))

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)

    def address(self, listener="plain", host=None):
        return f"{host or self.host}:{self.ports[listener]}"

    def start(self):
        """Starts, and waits until it answers."""
        with open(self.folder / "broker.log", "a") as log:
            self.process = subprocess.Popen(
                ["nice", "java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                 f"{jars()}/*", "kafka.Kafka", str(self._config)], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self.folder / "broker.log").read_text()[-4000:])

    def stop(self, how=signal.SIGTERM):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def kill(self):
        self.stop(signal.SIGKILL)

    def create_topic(self, name, partitions=6):
        admin = KafkaAdminClient(bootstrap_servers=self.address())
        admin.create_topics([NewTopic(name, num_partitions=partitions, replication_factor=1)])
        admin.close()

    def read_all(self, topic):
        return list(self.records(topic))

    def records(self, topic):
        """Every record of the topic as it is now, one by one."""
        consumer = KafkaConsumer(topic, bootstrap_servers=self.address(),
                                 auto_offset_reset="earliest", enable_auto_commit=False)
        try:
            while not consumer.assignment():
                consumer.poll(timeout_ms=100)
            partitions = list(consumer.assignment())
            ends = consumer.end_offsets(partitions)
            consumer.seek_to_beginning(*partitions)
            while any(consumer.position(p) < ends[p] for p in partitions):
                for batch in consumer.poll(timeout_ms=500).values():
                    yield from batch
        finally:
            consumer.close()

    def _answers(self):
        try:
            # A client that fails to begin leaves its sockets behind.
            socket.create_connection((self.host, self.ports["plain"]), 2).close()
            admin = KafkaAdminClient(bootstrap_servers=self.address(), request_timeout_ms=5000)
            admin.close()
            return True
        except Exception:  # not yet; kafka-python has many words for it
            time.sleep(0.2)
            return False

    def _java(self, *arguments):
        run = subprocess.run(["nice", "java", "-cp", f"{jars()}/*", *map(str, arguments)],
                             capture_output=True, text=True)
        if run.returncode != 0:
            raise AssertionError(f"{arguments}: {run.stdout}{run.stderr}")

    def _write_properties(self, server_names):
        self._config = self.folder / "server.properties"
        certificate, key = self.certificates.issue("server", server_names)
        store = self.folder / "server-store.pem"
        store.write_text(key.read_text() + certificate.read_text())
        name = str.upper
        sasl = "listener.name.sasl"
        lines = {
            "process.roles": "broker,controller", "node.id": 1,
            "controller.quorum.voters": f"1@{self.address('controller')}",
            "listeners": ",".join(f"{name(x)}://{self.address(x)}" for x in LISTENERS),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAIN",
            "listener.security.protocol.map":
                ",".join(f"{name(x)}:{PROTOCOLS[x]}" for x in LISTENERS),
            "ssl.keystore.type": "PEM", "ssl.keystore.location": store,
            "ssl.truststore.type": "PEM", "ssl.truststore.location": self.certificates.ca,
            "listener.name.mtls.ssl.client.auth": "required",
            f"{sasl}.sasl.enabled.mechanisms": ",".join(("PLAIN", *SCRAMS, "OAUTHBEARER")),
            f"{sasl}.plain.sasl.jaas.config": PLAIN_LOGIN,
            **{f"{sasl}.{sort.lower()}.sasl.jaas.config": SCRAM_LOGIN for sort in SCRAMS},
            f"{sasl}.oauthbearer.sasl.jaas.config": BEARER_LOGIN,
            "log.dirs": self.folder / "data",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
        }
        self._config.write_text("".join(f"{k}={v}\n" for k, v in lines.items()))
