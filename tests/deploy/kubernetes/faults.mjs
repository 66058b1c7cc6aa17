// Ways in which the manifests could be wrong, each with words of the error that says so.

function find({ objects }, kind, name = "springboard") {
  return objects.find((object) => object.kind === kind && object.metadata.name === name);
}

function pod(manifests) {
  return find(manifests, "Deployment").spec.template;
}

function server(manifests) {
  return pod(manifests).spec.containers[0];
}

// What a schema says.
export const schemaFaults = [
  [`'"readinesProbe"' does not exist`, (all) => (server(all).readinesProbe = {})],
  [`'"replicaz"' does not exist`, (all) => (find(all, "Deployment").spec.replicaz = 3)],
  [`'"clusterIp"' does not exist`, (all) => (find(all, "Service").spec.clusterIp = "None")],
  [`'"minAvailabel"' does not exist`, (all) =>
    (find(all, "PodDisruptionBudget").spec.minAvailabel = 2)],
  [`'"policyTypez"' does not exist`, (all) => (find(all, "NetworkPolicy").spec.policyTypez = [])],
  [`'"metric"' does not exist`, (all) =>
    (find(all, "HorizontalPodAutoscaler").spec.metrics[0].metric = {})],
  ["must be integer", (all) => (server(all).ports[0].containerPort = "grpc")],
  ["must have required property selector", (all) =>
    delete find(all, "Deployment").spec.selector],
  ["there is no autoscaling/v3", (all) =>
    (find(all, "HorizontalPodAutoscaler").apiVersion = "autoscaling/v3")],
  ["there is no v1 Deploiment", (all) =>
    Object.assign(find(all, "Deployment"), { apiVersion: "v1", kind: "Deploiment" })],
];

// What the rules say.
export const ruleFaults = [
  ["selector of the Deployment", (all) => (pod(all).metadata.labels = {})],
  ["selector of the Service springboard ", (all) =>
    (find(all, "Service").spec.selector["app.kubernetes.io/name"] = "another")],
  ["selector of the PodDisruptionBudget", (all) =>
    (find(all, "PodDisruptionBudget").spec.selector.matchLabels = { app: "x" })],
  ["selector of the NetworkPolicy", (all) =>
    (find(all, "NetworkPolicy").spec.podSelector.matchLabels = { app: "x" })],
  ["selector of the spread", (all) =>
    (pod(all).spec.topologySpreadConstraints[0].labelSelector.matchLabels = { app: "x" })],
  ["no port web", (all) => (server(all).readinessProbe.httpGet.port = "web")],
  ["no port metrics", (all) =>
    (find(all, "Service", "springboard-metrics").spec.ports[0].targetPort = "metrics")],
  ["the Service's port grpc", (all) => (find(all, "Service").spec.ports[0].port = 443)],
  ["no port admin", (all) =>
    (find(all, "NetworkPolicy").spec.ingress[0].ports[0].port = "admin")],
  ["prometheus.io/port", (all) => (pod(all).metadata.annotations["prometheus.io/port"] = "80")],
  ["not on port grpc", (all) => (all.configuration.listen = "0.0.0.0:7080")],
  ["not on port http", (all) => (all.configuration.http_listen = "0.0.0.0:80")],
  ["what /healthz says", (all) => (server(all).readinessProbe.httpGet.path = "/livez")],
  ["what /livez says", (all) => (server(all).livenessProbe.httpGet.path = "/healthz")],
  ["killed after 30 s", (all) => (pod(all).spec.terminationGracePeriodSeconds = 30)],
  ["max_resident_bytes", (all) => (server(all).resources.limits.memory = "512Mi")],
  ["the autoscaler's to say", (all) => (find(all, "Deployment").spec.replicas = 3)],
  ["scales something else", (all) =>
    (find(all, "HorizontalPodAutoscaler").spec.scaleTargetRef.name = "x")],
  ["at least 3 replicas", (all) => (find(all, "HorizontalPodAutoscaler").spec.minReplicas = 1)],
  ["3 must stay", (all) => (find(all, "PodDisruptionBudget").spec.minAvailable = 3)],
  ["0 must stay", (all) => (find(all, "PodDisruptionBudget").spec.maxUnavailable = 3)],
  ["no ConfigMap other", (all) => (pod(all).spec.volumes[0].configMap.name = "other")],
  ["where /etc/springboard/config/springboard.toml", (all) =>
    (server(all).volumeMounts[0].mountPath = "/etc/other")],
  ["where /etc/springboard/tls/tls.crt", (all) =>
    (server(all).volumeMounts[1].mountPath = "/etc/other")],
  ["no volume keys", (all) => (server(all).volumeMounts[1].name = "keys")],
  ["may more than they need", (all) =>
    (server(all).securityContext.readOnlyRootFilesystem = false)],
  ["resolve to all pods", (all) =>
    delete find(all, "Service", "springboard-headless").spec.clusterIP],
  ["bound to a namespace", (all) => (find(all, "Service").metadata.namespace = "production")],
];
