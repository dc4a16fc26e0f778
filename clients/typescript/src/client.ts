import createFetchClient, { type Client } from "openapi-fetch";
import { PivotrError, RETRYABLE, problemOf, unreachable } from "./problem.js";
import type { paths } from "./schema.js";

/** Every route of the API with its parameters and answers; errors are thrown as `PivotrError`. */
export type PivotrClient = Client<paths>;

export interface Options {
  /** Where the API answers, without `/api`: `http://127.0.0.1:8000`. */
  baseUrl: string;
  /** A bearer token, or what gives the present one; asked before each request. */
  token?: string | (() => string | Promise<string>);
  /** Sends a request; replace it to sign requests for IAM. Default: the global `fetch`. */
  fetch?: (request: Request) => Promise<Response>;
  /** How often a request that may safely come twice is tried again. Default: 2. */
  retries?: number;
  /** Waits between tries, in milliseconds. Default: a timer. */
  sleep?: (milliseconds: number) => Promise<void>;
}

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 10_000;

/**
 * A typed client. Reads, and writes that carry an `Idempotency-Key`, are tried again after a throttled or
 * lost answer; other writes never are. Creating and starting get a key by themselves.
 */
export function createPivotrClient(options: Options): PivotrClient {
  const send = options.fetch ?? ((request: Request) => globalThis.fetch(request));
  const client = createFetchClient<paths>({
    baseUrl: options.baseUrl.replace(/\/+$/, ""),
    fetch: (request) => sendWithCare(request, send, options),
  });
  client.use({
    async onRequest({ request, schemaPath }) {
      const token = typeof options.token === "function" ? await options.token() : options.token;
      if (token) request.headers.set("authorization", `Bearer ${token}`);
      if (request.method === "POST" && KEYED.has(schemaPath) && !request.headers.has("idempotency-key")) {
        request.headers.set("idempotency-key", crypto.randomUUID());
      }
      return request;
    },
    async onResponse({ response }) {
      if (response.status >= 400) throw await problemOf(response);
      return undefined;
    },
    onError({ error }) {
      return error instanceof PivotrError ? error : unreachable(error);
    },
  });
  return client;
}

/** Routes whose POST takes an `Idempotency-Key`; a test compares them with the document. */
export const KEYED: ReadonlySet<string> = new Set([
  "/api/leads",
  "/api/leads/uploads",
  "/api/suppressions",
  "/api/campaigns",
  "/api/campaigns/{id}/start",
  "/api/campaigns/{id}/resume",
  "/api/campaigns/{id}/test-send",
  "/api/templates",
  "/api/senders",
]);

async function sendWithCare(
  request: Request,
  send: (request: Request) => Promise<Response>,
  { retries = 2, sleep = pause }: Options,
): Promise<Response> {
  const mayRepeat = request.method === "GET" || request.headers.has("idempotency-key");
  const body = mayRepeat && request.body ? await request.clone().arrayBuffer() : undefined;
  for (let tried = 0; ; tried += 1) {
    const isLast = !mayRepeat || tried >= retries;
    const copy = isLast && tried === 0 ? request : new Request(request.url, init(request, body));
    try {
      const response = await send(copy);
      if (isLast || !RETRYABLE.has(response.status)) return response;
      await sleep(waitOf(response, tried));
    } catch (error) {
      if (isLast || request.signal.aborted) throw error;
      await sleep(FIRST_WAIT_MS * 2 ** tried);
    }
  }
}

function init(request: Request, body: ArrayBuffer | undefined): RequestInit {
  return {
    method: request.method,
    headers: request.headers,
    signal: request.signal,
    ...(body === undefined ? {} : { body }),
  };
}

function waitOf(response: Response, tried: number): number {
  const seconds = Number(response.headers.get("retry-after"));
  const wait = seconds > 0 ? seconds * 1000 : FIRST_WAIT_MS * 2 ** tried;
  return Math.min(wait, LONGEST_WAIT_MS);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
