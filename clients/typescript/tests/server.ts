import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    api: string;
  }
}

/** The real API, served from an empty data folder for the time of the tests. `PIVOTR` names the command. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = mkdtempSync(join(tmpdir(), "pivotr-client-"));
  const server = spawn(process.env.PIVOTR ?? "pivotr", ["--json", "api", "serve", "--port", "0", "--cors", "http://console.example"], {
    cwd: home,
    env: { ...process.env, PIVOTR_HOME: home, PIVOTR_ENV: "local" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  project.provide("api", await urlOf(server));
  return async () => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGINT");
    await ended;
    rmSync(home, { recursive: true, force: true });
  };
}

function urlOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    server.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      try {
        resolve((JSON.parse(text) as { url: string }).url);
      } catch {
        // The line is not whole yet.
      }
    });
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`pivotr api serve ended with ${code}`)));
  });
}
