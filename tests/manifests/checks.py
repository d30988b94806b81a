# SPDX-License-Identifier: Apache-2.0
"""What kube-linter, Polaris, kubescape (C-) and checkov (CKV_) would find, under their
own names.

Each check takes the rendered objects and gives its findings, one line each.  A
check of several names is the same question asked by several tools.
"""
from render import container, of_kind, pod_spec, the

CHECKS = {}
# kube-linter's sensitive-host-mounts compares with exactly these.
SENSITIVE = {"/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr"}
POLARIS_DANGEROUS = {"ALL", "SYS_ADMIN", "NET_ADMIN"}
KUBESCAPE_INSECURE = {"ALL", "NET_ADMIN", "NET_RAW", "SYS_ADMIN", "SYS_PTRACE", "PERFMON", "BPF",
                      "SYS_MODULE", "SYS_BOOT", "SYS_TIME", "SYS_RAWIO", "MAC_ADMIN", "MAC_OVERRIDE"}
SOCKETS = ("docker.sock", "containerd.sock", "crio.sock")


def check(*names):
    def add(function):
        CHECKS.update(dict.fromkeys(names, function))
        return function
    return add


def security(objects):
    """The container's context over the pod's."""
    return {**pod_spec(objects).get("securityContext", {}), **container(objects)["securityContext"]}


def host_paths(objects):
    """(host path, whether the container can't write to it) of each mounted one."""
    mounts = {m["name"]: m.get("readOnly", False) for m in container(objects)["volumeMounts"]}
    return [(v["hostPath"]["path"], mounts.get(v["name"], True))
            for v in pod_spec(objects)["volumes"] if "hostPath" in v]


def rules(objects):
    return [rule for role in of_kind(objects, "ClusterRole") + of_kind(objects, "Role")
            for rule in role["rules"]]


@check("host-network", "hostNetworkSet", "C-0041")
def host_network(objects):
    return ["hostNetwork"] if pod_spec(objects).get("hostNetwork") else []


@check("host-pid", "host-ipc", "hostPIDSet", "hostIPCSet", "C-0038")
def host_namespaces(objects):
    return [key for key in ("hostPID", "hostIPC") if pod_spec(objects).get(key)]


@check("privileged-container", "runAsPrivileged", "C-0057")
def privileged(objects):
    return ["privileged"] if security(objects).get("privileged") else []


@check("privilege-escalation-container", "privilegeEscalationAllowed", "C-0016")
def escalation(objects):
    return [] if security(objects).get("allowPrivilegeEscalation") is False else ["not forbidden"]


@check("drop-net-raw-capability", "drop-all")
def drops_all(objects):
    return [] if security(objects)["capabilities"].get("drop") == ["ALL"] else ["not dropped"]


@check("CKV_K8S_25")
def added_capabilities(objects):
    return security(objects)["capabilities"]["add"]


@check("dangerousCapabilities")
def dangerous_capabilities(objects):
    return sorted(POLARIS_DANGEROUS & set(security(objects)["capabilities"]["add"]))


@check("C-0046")
def insecure_capabilities(objects):
    return sorted(KUBESCAPE_INSECURE & set(security(objects)["capabilities"]["add"]))


@check("no-read-only-root-fs", "notReadOnlyRootFilesystem", "C-0017")
def root_file_system(objects):
    return [] if security(objects).get("readOnlyRootFilesystem") else ["can be written"]


@check("run-as-non-root", "runAsRootAllowed", "C-0013", "CKV_K8S_23", "CKV_K8S_40")
def as_root(objects):
    context = security(objects)
    return [] if context.get("runAsNonRoot") or context.get("runAsUser", 0) > 0 else ["root"]


@check("sensitive-host-mounts")
def sensitive_mounts(objects):
    return [path for path, _ in host_paths(objects) if path in SENSITIVE]


@check("hostPathSet", "C-0048")
def any_host_path(objects):
    return [path for path, _ in host_paths(objects)]


@check("writable-host-mount", "C-0045")
def writable_host_path(objects):
    return [path for path, read_only in host_paths(objects) if not read_only]


@check("C-0074")
def runtime_socket(objects):
    return [path for path, _ in host_paths(objects)
            if path.endswith(SOCKETS) or path in ("/run", "/var/run")]


@check("latest-tag", "tagNotSpecified")
def image_tag(objects):
    image = container(objects)["image"].rsplit("/", 1)[-1]
    return [] if ":" in image and not image.endswith(":latest") else [image]


@check("CKV_K8S_43")
def image_digest(objects):
    return [] if "@sha256:" in container(objects)["image"] else [container(objects)["image"]]


@check("pullPolicyNotAlways", "CKV_K8S_15")
def pull_policy(objects):
    return [] if container(objects).get("imagePullPolicy") == "Always" else ["not Always"]


def unset(objects, kind, resource):
    return [] if resource in container(objects)["resources"].get(kind, {}) else [f"{resource} {kind}"]


@check("cpuRequestsMissing", "C-0268")
def cpu_request(objects):
    return unset(objects, "requests", "cpu")


@check("cpuLimitsMissing", "C-0270", "CKV_K8S_11")
def cpu_limit(objects):
    return unset(objects, "limits", "cpu")


@check("unset-cpu-requirements")
def cpu(objects):
    return cpu_request(objects) + cpu_limit(objects)


@check("unset-memory-requirements", "memoryRequestsMissing", "memoryLimitsMissing", "C-0269", "C-0271")
def memory(objects):
    return unset(objects, "requests", "memory") + unset(objects, "limits", "memory")


@check("no-anti-affinity")
def replicas(objects):
    """Asked of what has replicas; one pod a node is what a DaemonSet means."""
    return [o["metadata"]["name"] for o in of_kind(objects, "Deployment")]


@check("env-var-secret", "read-secret-from-env-var", "sensitiveContainerEnvVar")
def secret_in_environment(objects):
    found = [e["name"] for e in container(objects)["env"]
             if "secretKeyRef" in e.get("valueFrom", {}) or "PASSWORD" in e["name"]]
    return found + (["envFrom"] if "envFrom" in container(objects) else [])


@check("liveness-port", "readiness-port", "startup-port", "livenessProbeMissing", "readinessProbeMissing")
def probe_ports(objects):
    named = {port["name"] for port in container(objects)["ports"]}
    return [probe for probe in ("livenessProbe", "readinessProbe", "startupProbe")
            if container(objects).get(probe, {}).get("httpGet", {}).get("port") not in named]


@check("wildcard-in-rules")
def wildcards(objects):
    return [str(rule) for rule in rules(objects) if "*" in str(rule)]


@check("C-0279")
def nodes_proxy(objects):
    return ["nodes/proxy" for rule in rules(objects) if "nodes/proxy" in rule["resources"]]


@check("clusterrolePodExecAttach", "C-0002")
def exec_in_pods(objects):
    return [r for rule in rules(objects) for r in rule["resources"] if r in ("pods/exec", "pods/attach")]


@check("only-what-it-asks-for")
def other_rules(objects):
    """Beyond the checkers: the one right, and the one kind of account."""
    allowed = {"nodes/pods", "nodes/proxy"}
    return [str(rule) for rule in rules(objects)
            if rule["verbs"] != ["get"] or not set(rule["resources"]) <= allowed]


@check("non-isolated-pod", "missingNetworkPolicy", "C-0260", "C-0030")
def isolation(objects):
    policy = the(objects, "NetworkPolicy")["spec"]
    labels = the(objects, "DaemonSet")["spec"]["template"]["metadata"]["labels"]
    selected = policy["podSelector"]["matchLabels"].items() <= labels.items()
    return [] if selected and set(policy["policyTypes"]) == {"Ingress", "Egress"} else ["open"]


@check("priority-class-name", "priorityClassNotSet")
def priority(objects):
    return [] if pod_spec(objects).get("priorityClassName") else ["none"]


@check("linuxHardening", "C-0055")
def hardening(objects):
    profile = security(objects).get("seccompProfile", {}).get("type")
    return [] if profile == "RuntimeDefault" else [f"seccomp {profile}"]


@check("apparmor-unconfined")
def apparmor(objects):
    return ["Unconfined"] if security(objects).get("appArmorProfile", {}).get("type") == "Unconfined" else []


@check("automountServiceAccountToken", "C-0034")
def automount(objects):
    mounted = pod_spec(objects).get("automountServiceAccountToken", True)
    return ["mounted by itself"] if mounted else []
