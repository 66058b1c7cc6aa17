// What no schema can say: that the objects fit each other, and the server's configuration.

function ofKind({ objects }, kind) {
  return objects.filter((object) => object.kind === kind);
}

function podOf(manifests) {
  const [deployment] = ofKind(manifests, "Deployment");
  return deployment.spec.template;
}

function container(manifests) {
  return podOf(manifests).spec.containers[0];
}

function portOf(address) {
  return Number(/:(\d+)$/.exec(address)?.[1]);
}

function bytes(quantity) {
  const [, number, unit] = /^(\d+)(Mi|Gi)?$/.exec(quantity);
  return Number(number) * { Mi: 2 ** 20, Gi: 2 ** 30 }[unit ?? "Mi"];
}

// The selectors of all objects, each with whose it is.
function selectors(manifests) {
  const { spec } = ofKind(manifests, "Deployment")[0];
  return [
    ["the Deployment", spec.selector.matchLabels],
    ...spec.template.spec.topologySpreadConstraints.map((constraint) => [
      `the spread over ${constraint.topologyKey}`,
      constraint.labelSelector.matchLabels,
    ]),
    ...ofKind(manifests, "Service").map(({ metadata, spec: service }) => [
      `the Service ${metadata.name}`,
      service.selector,
    ]),
    ...ofKind(manifests, "PodDisruptionBudget").map((budget) => [
      "the PodDisruptionBudget",
      budget.spec.selector.matchLabels,
    ]),
    ...ofKind(manifests, "NetworkPolicy").map((policy) => [
      "the NetworkPolicy",
      policy.spec.podSelector.matchLabels,
    ]),
  ];
}

function* selectorErrors(manifests) {
  const { labels } = podOf(manifests).metadata;
  for (const [whose, selector] of selectors(manifests)) {
    const isMatch = Object.entries(selector).every(([key, value]) => labels[key] === value);
    if (!isMatch) yield `the selector of ${whose} does not fit the pods' labels`;
  }
}

function* portErrors(manifests) {
  const { ports, startupProbe, readinessProbe, livenessProbe } = container(manifests);
  const port = (name) => ports.find((one) => one.name === name)?.containerPort;
  const used = [startupProbe, readinessProbe, livenessProbe].map((probe) => probe.httpGet.port);
  for (const { spec } of ofKind(manifests, "Service")) {
    used.push(...spec.ports.map((one) => one.targetPort));
    for (const one of spec.ports) {
      if (one.port !== port(one.name)) yield `the Service's port ${one.name} is not the pods'`;
    }
  }
  for (const { spec } of ofKind(manifests, "NetworkPolicy")) {
    used.push(...spec.ingress.flatMap((rule) => rule.ports.map((one) => one.port)));
  }
  for (const name of used) {
    if (port(name) === undefined) yield `the pods have no port ${name}`;
  }
  const { annotations } = podOf(manifests).metadata;
  if (Number(annotations["prometheus.io/port"]) !== port("http")) {
    yield "prometheus.io/port is not the port http";
  }
  const { listen, http_listen: http } = manifests.configuration;
  if (portOf(listen) !== port("grpc")) yield `the server listens on ${listen}, not on port grpc`;
  if (portOf(http) !== port("http")) yield `the server listens on ${http}, not on port http`;
}

function* probeErrors(manifests) {
  const { startupProbe, readinessProbe, livenessProbe } = container(manifests);
  for (const probe of [startupProbe, readinessProbe]) {
    if (probe.httpGet.path !== "/healthz") yield "whether a pod is ready is what /healthz says";
  }
  // While it drains, a server lives.
  if (livenessProbe.httpGet.path !== "/livez") yield "whether a pod lives is what /livez says";
}

function* timeErrors(manifests) {
  const { drain_delay_ms: delay, drain_timeout_ms: timeout } = manifests.configuration;
  const { terminationGracePeriodSeconds: grace } = podOf(manifests).spec;
  if (grace * 1000 < delay + timeout) {
    yield `a drain takes ${delay} + ${timeout} ms, and the pod is killed after ${grace} s`;
  }
}

function* memoryErrors(manifests) {
  const limit = bytes(container(manifests).resources.limits.memory);
  const own = manifests.configuration.max_resident_bytes;
  if (limit < 1.25 * own) {
    yield `the pod's ${limit} bytes are less than 1.25 times max_resident_bytes, ${own}`;
  }
}

function* replicaErrors(manifests) {
  const [{ spec: scaler }] = ofKind(manifests, "HorizontalPodAutoscaler");
  const [{ spec: budget }] = ofKind(manifests, "PodDisruptionBudget");
  const [{ metadata, spec }] = ofKind(manifests, "Deployment");
  if (spec.replicas !== undefined) yield "the Deployment's replicas are the autoscaler's to say";
  if (scaler.scaleTargetRef.name !== metadata.name) yield "the autoscaler scales something else";
  if (scaler.minReplicas < 3 || scaler.maxReplicas <= scaler.minReplicas) {
    yield `at least 3 replicas, and room; got ${scaler.minReplicas} to ${scaler.maxReplicas}`;
  }
  const available = budget.minAvailable ?? scaler.minReplicas - budget.maxUnavailable;
  if (available >= scaler.minReplicas || available < 1) {
    yield `of ${scaler.minReplicas} replicas ${available} must stay: none can go, or all may`;
  }
}

function* volumeErrors(manifests) {
  const { volumes } = podOf(manifests).spec;
  const { volumeMounts, args } = container(manifests);
  const maps = ofKind(manifests, "ConfigMap").map((object) => object.metadata.name);
  for (const { configMap } of volumes) {
    const isMissing = configMap !== undefined && !maps.includes(configMap.name);
    if (isMissing) yield `there is no ConfigMap ${configMap.name}`;
  }
  const isMounted = (path, volume) =>
    volumeMounts.some(({ name, mountPath }) => name === volume && path.startsWith(`${mountPath}/`));
  const file = args.find((one) => one.startsWith("--config=")).split("=")[1];
  const { tls_certificate: certificate, tls_key: key } = manifests.configuration;
  if (!isMounted(file, "config")) yield `nothing is mounted where ${file} is to be`;
  for (const path of [certificate, key]) {
    if (!isMounted(path, "tls")) yield `nothing is mounted where ${path} is to be`;
  }
  for (const { name } of volumeMounts) {
    if (!volumes.some((one) => one.name === name)) yield `there is no volume ${name}`;
  }
}

function* securityErrors(manifests) {
  const { spec } = podOf(manifests);
  const { securityContext: own } = container(manifests);
  const isConfined =
    spec.automountServiceAccountToken === false &&
    spec.securityContext.runAsNonRoot &&
    spec.securityContext.seccompProfile.type === "RuntimeDefault" &&
    own.readOnlyRootFilesystem &&
    own.allowPrivilegeEscalation === false &&
    own.capabilities.drop.includes("ALL");
  if (!isConfined) yield "the pods may more than they need: see the Pod Security Standards";
}

function* serviceErrors(manifests) {
  const headless = ofKind(manifests, "Service").find(
    ({ metadata }) => metadata.name === "springboard-headless",
  );
  if (headless?.spec.clusterIP !== "None" || headless.spec.publishNotReadyAddresses) {
    yield "springboard-headless is to resolve to all pods that are ready";
  }
  for (const { metadata } of manifests.objects) {
    if (metadata.namespace !== undefined) yield `${metadata.name} is bound to a namespace`;
  }
}

const rules = [
  selectorErrors,
  portErrors,
  probeErrors,
  timeErrors,
  memoryErrors,
  replicaErrors,
  volumeErrors,
  securityErrors,
  serviceErrors,
];

// What does not fit.
export function ruleErrors(manifests) {
  return rules.flatMap((rule) => [...rule(manifests)]);
}
