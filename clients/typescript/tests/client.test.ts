import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { KEYED } from "../src/client.js";
import { createPivotrClient, items, PivotrError } from "../src/index.js";

const client = createPivotrClient({ baseUrl: inject("api") });

async function caught(work: Promise<unknown>): Promise<PivotrError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PivotrError);
  return error as PivotrError;
}

describe("a campaign by its client", () => {
  beforeAll(async () => {
    await client.POST("/api/senders", { body: { address: "sales@acme.example", name: "Meena" } });
    for (let number = 0; number < 5; number += 1) {
      await client.POST("/api/leads", {
        body: { email: `asha${number}@rao.example`, list: "fair", full_name: "Asha Rao" },
      });
    }
    await client.POST("/api/templates", {
      body: { id: "intro", subject: "A question", text: "{Hi|Hello} {{FirstName|there}}" },
    });
  });

  it("is created, started, read and paused", async () => {
    const { data: made } = await client.POST("/api/campaigns", {
      body: { name: "Fair", steps: ["intro"], senders: ["sales@acme.example"], lists: ["fair"] },
    });
    const path = { id: made?.id ?? "" };
    expect(made?.status).toBe("draft");
    const { data: started } = await client.POST("/api/campaigns/{id}/start", { params: { path } });
    expect(started?.status).toBe("running");
    await client.POST("/api/campaigns/{id}/pause", { params: { path } });
    const { data: read } = await client.GET("/api/campaigns/{id}", { params: { path } });
    expect(read?.status).toBe("paused");
    const { data: figures } = await client.GET("/api/metrics/campaign/{id}", { params: { path } });
    expect([figures?.name, figures?.status]).toEqual(["Fair", "paused"]);
  });

  it("gives every lead of every page once", async () => {
    const emails: string[] = [];
    const pages = items((cursor) =>
      client.GET("/api/leads", { params: { query: { list: "fair", limit: 2, ...(cursor ? { cursor } : {}) } } }),
    );
    for await (const lead of pages) emails.push(lead.email);
    expect(emails.sort()).toEqual([0, 1, 2, 3, 4].map((number) => `asha${number}@rao.example`));
  });
});

describe("an error", () => {
  it("of the API has its code, sentence and hint", async () => {
    const error = await caught(
      client.GET("/api/campaigns/{id}", { params: { path: { id: "nowhere-0001" } } }),
    );
    expect(error.status).toBe(404);
    expect(error.code).toBe("not_found");
    expect(error.message).toBe(error.detail);
    expect(error.hint).not.toBe("");
    expect(error.request_id).not.toBe("");
  });

  it("of a wrong body names the place", async () => {
    const error = await caught(client.POST("/api/leads", { body: { email: "x" } }));
    expect(error.status).toBe(422);
    expect(error.errors.map((place) => place.pointer)).toEqual(["/email"]);
  });

  it("of the gateway has the same shape", async () => {
    const behind = createPivotrClient({
      baseUrl: "http://gateway.example",
      fetch: async () => Response.json({ message: "Forbidden" }, { status: 403 }),
    });
    const error = await caught(behind.GET("/api/leads"));
    expect([error.status, error.code]).toEqual([403, "forbidden"]);
  });

  it("without an answer is one of ours too", async () => {
    const nowhere = createPivotrClient({ baseUrl: "http://127.0.0.1:9", retries: 0 });
    const error = await caught(nowhere.GET("/api/health"));
    expect([error.status, error.code, error.isRetryable]).toEqual([0, "unreachable", true]);
  });
});

describe("a request that got no good answer", () => {
  function flaky(failures: number, status: number) {
    const sent: Request[] = [];
    const waits: number[] = [];
    const made = createPivotrClient({
      baseUrl: inject("api"),
      sleep: async (milliseconds) => void waits.push(milliseconds),
      fetch: async (request) => {
        sent.push(request);
        if (sent.length > failures) return globalThis.fetch(request);
        return Response.json({ message: "Later" }, { status, headers: { "retry-after": "2" } });
      },
    });
    return { made, sent, waits };
  }

  it("is read again after the wait that the API asks for", async () => {
    const { made, sent, waits } = flaky(2, 503);
    const { data } = await made.GET("/api/health");
    expect(data?.status).toBe("ok");
    expect([sent.length, waits]).toEqual([3, [2000, 2000]]);
  });

  it("is created again under the same key, so once", async () => {
    const { made, sent } = flaky(1, 503);
    await made.POST("/api/leads", { body: { email: "once@rao.example", list: "fair" } });
    const keys = sent.map((request) => request.headers.get("idempotency-key"));
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it("is never changed twice by guess", async () => {
    const { made, sent } = flaky(1, 503);
    await caught(made.POST("/api/campaigns/{id}/pause", { params: { path: { id: "any-0001" } } }));
    expect(sent).toHaveLength(1);
  });

  it("carries the present token", async () => {
    const seen: (string | null)[] = [];
    let number = 0;
    const made = createPivotrClient({
      baseUrl: inject("api"),
      token: () => `t${(number += 1)}`,
      fetch: (request) => {
        seen.push(request.headers.get("authorization"));
        return globalThis.fetch(request);
      },
    });
    await made.GET("/api/health");
    await made.GET("/api/health");
    expect(seen).toEqual(["Bearer t1", "Bearer t2"]);
  });
});

it("knows every route that takes an idempotency key", () => {
  const document = JSON.parse(readFileSync("../../docs/openapi.json", "utf8")) as {
    paths: Record<string, { post?: { parameters?: { name: string }[] } }>;
  };
  const keyed = Object.entries(document.paths)
    .filter(([, methods]) => methods.post?.parameters?.some(({ name }) => name === "Idempotency-Key"))
    .map(([path]) => path);
  expect([...KEYED].sort()).toEqual(keyed.sort());
});
