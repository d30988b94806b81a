# SPDX-License-Identifier: Apache-2.0
"""Real Apache Kafka brokers (KRaft, one node or three) on loopback ports of their own.

    with Broker(folder) as broker:
        broker.create_topic("nameward.alerts", partitions=6)
        broker.kill(); broker.start()

Listeners: plain, tls (server certificate), mtls (client certificate wanted), sasl
(TLS and PLAIN, SCRAM or OAUTHBEARER), weak (PLAIN alone, without TLS).  Its jars come by Maven
(get_kafka.sh); Java 17 is enough.
"""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.admin import NewTopic
from kafka.errors import KafkaError

HERE = pathlib.Path(__file__).resolve().parent
CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
START_SECONDS = 300
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
NEW_RSA_KEY = ("-newkey", "rsa:2048", "-nodes")
USER, PASSWORD = "nameward", "correct-horse-battery"
LISTENERS = ("plain", "controller", "tls", "mtls", "sasl", "weak")
PROTOCOLS = {"plain": "PLAINTEXT", "controller": "PLAINTEXT", "tls": "SSL", "mtls": "SSL",
             "sasl": "SASL_SSL", "weak": "SASL_PLAINTEXT"}
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
        self.ca = self.authority("ca")
        self.stranger = self.authority("stranger")

    def authority(self, name):
        openssl("req", "-x509", *NEW_KEY, "-days", 2, "-subj", f"/CN={name}",
                "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem")
        return self.folder / f"{name}.pem"

    def issue(self, name, names="DNS:localhost,IP:127.0.0.1", ca="ca", days=1,
              new_key=NEW_KEY):
        """(certificate, key) of `name`; of negative days: expired."""
        at = self.folder / name
        key, request, certificate = (at.with_suffix(s) for s in (".key", ".csr", ".pem"))
        openssl("req", *new_key, "-subj", f"/CN={name}", "-keyout", key,
                "-out", request)
        extensions = at.with_suffix(".ext")
        extensions.write_text(f"subjectAltName={names}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.folder / f"{ca}.pem", "-CAkey",
                self.folder / f"{ca}.key", "-CAcreateserial", "-days", days, "-extfile", extensions,
                "-out", certificate)
        return certificate, key


class Broker:
    """On `host`, which its certificate must name for others than the loopback;
    `voters`: of the cluster that it belongs to; without, it is alone."""

    def __init__(self, folder, server_names="DNS:localhost,IP:127.0.0.1", host="127.0.0.1",
                 listeners=LISTENERS, node=1, ports=None, voters=None):
        self.folder, self.host = pathlib.Path(folder), host
        self.folder.mkdir(parents=True, exist_ok=True)
        self.node = node
        self.listeners = listeners
        self.ports = ports or dict(zip(listeners, free_ports(len(listeners), host),
                                       strict=True))
        self.voters = voters or [self.voter()]
        self.process = None
        self._config = self.folder / "server.properties"
        properties = self._properties()
        if "tls" in listeners:
            self.certificates = Certificates(self.folder / "certificates")
            properties |= self._security(server_names)
        self._config.write_text("".join(f"{k}={v}\n" for k, v in properties.items()))

    def __enter__(self):
        self.format()
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def format(self):
        self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", self._config,
                   *(word for sort in SCRAMS for word in
                     ("--add-scram", f"{sort}=[name={USER},password={PASSWORD}]")))

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)

    def address(self, listener="plain", host=None):
        return f"{host or self.host}:{self.ports[listener]}"

    def voter(self):
        return f"{self.node}@{self.host}:{self.ports['controller']}"

    def start(self):
        """Starts, and waits until it answers."""
        self.launch()
        self.await_answer()

    def launch(self):
        with open(self.folder / "broker.log", "a") as log:
            self.process = subprocess.Popen(
                ["nice", "java", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                 f"{jars()}/*", "kafka.Kafka", str(self._config)], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL)

    def await_answer(self):
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

    def trust(self, authority):
        """Takes client certificates of it alone, from the next start on."""
        self.truststore.write_text(authority.read_text())

    def create_topic(self, name, partitions=6, replicas=1, **settings):
        with self.admin() as admin:
            admin.create_topics([NewTopic(name, num_partitions=partitions,
                                          replication_factor=replicas, topic_configs=settings)])

    def admin(self):
        return contextlib.closing(KafkaAdminClient(bootstrap_servers=self.address()))

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

    def _properties(self):
        name = str.upper
        return {
            "process.roles": "broker,controller", "node.id": self.node,
            "controller.quorum.voters": ",".join(self.voters),
            "listeners": ",".join(f"{name(x)}://{self.host}:{self.ports[x]}" for x in self.listeners),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAIN",
            "listener.security.protocol.map":
                ",".join(f"{name(x)}:{PROTOCOLS[x]}" for x in self.listeners),
            "log.dirs": self.folder / "data",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            # How soon the others see that one has died.
            "broker.session.timeout.ms": 3000, "broker.heartbeat.interval.ms": 500,
            "log.cleaner.dedupe.buffer.size": 4 << 20,  # of 128 MiB in a small heap
        }

    def _security(self, server_names):
        certificate, key = self.certificates.issue("server", server_names)
        self.store = self.folder / "server-store.pem"
        self.store.write_text(key.read_text() + certificate.read_text())
        self.truststore = self.folder / "truststore.pem"
        self.trust(self.certificates.ca)
        sasl = "listener.name.sasl"
        return {
            "ssl.keystore.type": "PEM", "ssl.keystore.location": self.store,
            "ssl.truststore.type": "PEM", "ssl.truststore.location": self.truststore,
            "listener.name.mtls.ssl.client.auth": "required",
            f"{sasl}.sasl.enabled.mechanisms": ",".join(("PLAIN", *SCRAMS, "OAUTHBEARER")),
            f"{sasl}.plain.sasl.jaas.config": PLAIN_LOGIN,
            **{f"{sasl}.{sort.lower()}.sasl.jaas.config": SCRAM_LOGIN for sort in SCRAMS},
            "listener.name.weak.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.weak.plain.sasl.jaas.config": PLAIN_LOGIN,
            f"{sasl}.oauthbearer.sasl.jaas.config": BEARER_LOGIN,
        }


class Cluster:
    """Three brokers, each a controller too, with a plain listener each."""

    def __init__(self, folder):
        listeners, count = ("plain", "controller"), 3
        ports = free_ports(2 * count)
        pairs = [dict(zip(listeners, ports[2 * i:2 * i + 2], strict=True)) for i in range(count)]
        voters = [f"{i + 1}@127.0.0.1:{pair['controller']}" for i, pair in enumerate(pairs)]
        self.brokers = [Broker(pathlib.Path(folder) / str(i + 1), listeners=listeners, node=i + 1,
                               ports=pair, voters=voters) for i, pair in enumerate(pairs)]

    def __enter__(self):
        try:
            for broker in self.brokers:
                broker.format()
                broker.launch()  # it answers once two of them are up
            for broker in self.brokers:
                broker.await_answer()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for broker in self.brokers:
            broker.kill()

    def address(self):
        return ",".join(broker.address() for broker in self.brokers)

    def partitions(self, topic, ask):
        """(leader, in-sync replicas) of each partition, as the broker `ask` knows them."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with ask.admin() as admin:
                    [about] = admin.describe_topics([topic])
                break
            except KafkaError:  # the client asked one that is dead
                if time.monotonic() > deadline:
                    raise
        return [(p["leader_id"], p["isr_nodes"]) for p in about["partitions"]]
