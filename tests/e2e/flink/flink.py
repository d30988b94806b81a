# SPDX-License-Identifier: Apache-2.0
"""Flink's own SQL client with a cluster inside its process: runs the files of docs/soc
to the end of their topics, as they are."""
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
SOC = ROOT / "docs/soc"
FILES = ["one_destination_many_pods", "tunnel_over_pods", "first_seen_in_fleet", "sequence_gaps", "dedup"]
CONFIGURATION = """
execution.target: local
parallelism.default: 2
table.dml-sync: true
taskmanager.memory.network.max: 64mb
"""
# Java 17 hides what Flink's serializers look into.
JAVA = ["nice", "java", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        "--add-opens", "java.base/java.util=ALL-UNNAMED",
        "--add-opens", "java.base/java.lang=ALL-UNNAMED"]


def jars():
    cache = os.environ.get("NAMEWARD_CACHE", pathlib.Path.home() / ".cache/nameward")
    return pathlib.Path(cache) / "flink/lib"


def missing():
    """Why there is no Flink to test with, or None."""
    if not jars().exists():
        return f"{jars()} is not there (tests/e2e/flink/get_flink.sh)"
    return None


def site(tables):
    """What a SOC adds to tables.sql; `tables` is {table: {option: value}}."""
    lines = []
    for table, options in tables.items():
        assigned = ", ".join(f"'{key}' = '{value}'" for key, value in options.items())
        lines.append(f"ALTER TABLE {table} SET ({assigned});\n")
    return "".join(lines)


def run(folder, tables, files):
    """`files` of docs/soc one after another in one session, which saves JVM starts."""
    (folder / "config.yaml").write_text(CONFIGURATION)
    init, script = folder / "init.sql", folder / "script.sql"
    init.write_text((SOC / "tables.sql").read_text() + site(tables))
    script.write_text("".join((SOC / f"{name}.sql").read_text() for name in files))
    command = [*JAVA, f"-Duser.home={folder}", "-cp", f"{jars()}/*",
               "org.apache.flink.table.client.SqlClient", "-i", init, "-f", script]
    result = subprocess.run(command, env={**os.environ, "FLINK_CONF_DIR": str(folder)},
                            capture_output=True, text=True, stdin=subprocess.DEVNULL)
    said = result.stdout + result.stderr
    done = said.count("Complete execution of the SQL update statement")
    if result.returncode or "[ERROR]" in said or done != len(files):
        raise AssertionError(said[-6000:])
