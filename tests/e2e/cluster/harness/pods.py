# SPDX-License-Identifier: Apache-2.0
"""Objects of Kubernetes as test pods need them: short words for long YAML.

    pod("box", container("main", "speak", "-w", "%u.%c.%n.test"))
    deployment("web", pod_template(container("main", "pause"), labels={"app": "web"}))
"""


def container(name, *nwbox, image="localhost/box:1", **fields):
    """Runs `nwbox ...` (workload/nwbox.c); knows its pod's uid and its own name."""
    env = [{"name": "CONTAINER", "value": name},
           {"name": "POD_UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}}]
    return {"name": name, "image": image, "imagePullPolicy": "Never",
            "command": ["/bin/nwbox", *map(str, nwbox)],
            "env": env + fields.pop("env", []), **fields}


def pod_template(*containers, labels=None, init=(), **spec):
    spec = {"containers": list(containers), "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False, **spec}
    if init:
        spec["initContainers"] = list(init)
    return {"metadata": {"labels": labels or {}}, "spec": spec}


def pod(name, *containers, **template):
    made = pod_template(*containers, **template)
    made["metadata"]["name"] = name
    return {"apiVersion": "v1", "kind": "Pod", **made}


def _of_apps(kind, name, template, **spec):
    labels = template["metadata"]["labels"] or {"app": name}
    template["metadata"]["labels"] = labels
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name},
            "spec": {"selector": {"matchLabels": labels}, "template": template, **spec}}


def deployment(name, template, replicas=1):
    return _of_apps("Deployment", name, template, replicas=replicas)


def daemon_set(name, template):
    return _of_apps("DaemonSet", name, template)


def stateful_set(name, template, replicas=1):
    return _of_apps("StatefulSet", name, template, replicas=replicas, serviceName=name)


def job(name, template, **spec):
    template["spec"]["restartPolicy"] = "Never"
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
            "spec": {"template": template, "backoffLimit": 0, **spec}}


def cron_job(name, template, schedule="* * * * *"):
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name},
            "spec": {"schedule": schedule,
                     "jobTemplate": {"spec": job(name, template)["spec"]}}}


def service(name, selector, port, **spec):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"selector": selector, "ports": [{"port": port}], **spec}}
