/** The Dockerfile and the Kubernetes manifests of docs/deployment, as far as they can be checked without either. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { startTestServer, writeModels } from "../support/chat-server.ts";

const ROOT = new URL("../../", import.meta.url);
const FOLDER = new URL("docs/deployment/", ROOT);
const read = (name: string) => readFileSync(new URL(name, FOLDER), "utf8");

const manifests = readdirSync(new URL("kubernetes/", FOLDER));
// biome-ignore lint/suspicious/noExplicitAny: manifests have no types here
const yaml = (name: string): any => parse(read(name));
const deployment = yaml("kubernetes/deployment.yaml");
const autoscaler = yaml("kubernetes/autoscaler.yaml");
const pod = deployment.spec.template.spec;
const [container] = pod.containers;

let options: Set<string>;
beforeAll(() => {
  const cli = new URL("scripts/interfuse.mjs", ROOT).pathname;
  const { stdout } = spawnSync(process.execPath, [cli, "serve", "--help"], { encoding: "utf8" });
  options = new Set(stdout.match(/--[a-z-]+/g));
});

describe("the Dockerfile", () => {
  it("starts the command with options that it has", () => {
    const text = read("Dockerfile");
    const [entry, args] = ["ENTRYPOINT", "CMD"].map((name) => {
      const [, list = ""] = new RegExp(`^${name} (.*)$`, "m").exec(text) ?? [];
      return JSON.parse(list) as string[];
    });
    expect(entry?.[0]).toBe("node");
    expect(existsSync(new URL(entry?.[1] ?? "", ROOT))).toBe(true);
    expect(args?.[0]).toBe("serve");
    for (const arg of args?.filter((each) => each.startsWith("--")) ?? []) expect(options).toContain(arg);
    expect(text).toMatch(/^USER 1000:1000$/m);
  });
});

describe("the manifests", () => {
  it("are all listed", () => {
    const { resources } = yaml("kubernetes/kustomization.yaml");
    expect([...resources, "kustomization.yaml"].sort()).toEqual([...manifests].sort());
  });

  it("use options that the command has", () => {
    const [command, ...args] = container.args as string[];
    expect(command).toBe("serve");
    for (const arg of args) expect(options).toContain(arg.split("=")[0]);
  });

  it("select the same pods", () => {
    const { labels } = deployment.spec.template.metadata;
    expect(deployment.spec.selector.matchLabels).toEqual(labels);
    for (const selector of [
      yaml("kubernetes/service.yaml").spec.selector,
      yaml("kubernetes/disruption-budget.yaml").spec.selector.matchLabels,
      yaml("kubernetes/pod-monitor.yaml").spec.selector.matchLabels,
    ]) {
      expect(selector).toEqual(labels);
    }
    expect(autoscaler.spec.scaleTargetRef.name).toBe(deployment.metadata.name);
    expect(deployment.spec.replicas).toBeUndefined();
  });

  it("name ports and volumes that there are", () => {
    const ports = container.ports.map(({ name }: { name: string }) => name);
    expect(ports).toContain(yaml("kubernetes/service.yaml").spec.ports[0].targetPort);
    expect(ports).toContain(yaml("kubernetes/pod-monitor.yaml").spec.podMetricsEndpoints[0].port);
    const names = (list: { name: string }[]) => list.map(({ name }) => name).sort();
    expect(names(container.volumeMounts)).toEqual(names(pod.volumes));
  });

  it("let answers end before the pod is killed", () => {
    const drain = container.args.find((arg: string) => arg.startsWith("--drain="))?.split("=")[1];
    const { seconds } = container.lifecycle.preStop.sleep;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(seconds + Number(drain));
  });

  it("give the pod no rights", () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(container.resources.limits.memory).toBe("2Gi");
  });

  it("ask for paths and a metric that the server has", async () => {
    const models = await writeModels();
    const server = await startTestServer({ models: [{ folder: models.talker }] });
    try {
      for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
        expect((await fetch(server.url + container[probe].httpGet.path)).status).toBe(200);
      }
      const [{ pods }] = autoscaler.spec.metrics;
      const { path } = yaml("kubernetes/pod-monitor.yaml").spec.podMetricsEndpoints[0];
      const text = await (await fetch(server.url + path)).text();
      expect(text).toContain(`\n${pods.metric.name}{model="talker"} 0\n`);
      expect(yaml("prometheus-adapter-values.yaml").rules.custom[0].name.as).toBe(pods.metric.name);
      const described = [...read("README.md").matchAll(/`interfuse_(\w+)`/g)].map(([, name]) => name);
      for (const name of described) expect(text).toContain(`# TYPE interfuse_${name} `);
    } finally {
      await server.close();
      models.remove();
    }
  });
});
