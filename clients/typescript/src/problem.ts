import type { components } from "./schema.js";

/** The problem details of the API (RFC 9457), as every error of it is written. */
export type Problem = components["schemas"]["Problem"];

/**
 * The one error of this client: whatever goes wrong, in the API, in the gateway before it or on the way,
 * is thrown as one of these. `code` is stable, `detail` one sentence, `hint` what helps.
 */
export class PivotrError extends Error implements Problem {
  override readonly name = "PivotrError";
  readonly type: string;
  readonly title: string;
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint: string;
  readonly request_id: string;
  readonly errors: NonNullable<Problem["errors"]>;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail, options);
    this.type = problem.type;
    this.title = problem.title;
    this.status = problem.status;
    this.detail = problem.detail;
    this.code = problem.code;
    this.hint = problem.hint;
    this.request_id = problem.request_id;
    this.errors = problem.errors ?? [];
  }

  /** True where the same request may pass later. */
  get isRetryable(): boolean {
    return this.status === 0 || RETRYABLE.has(this.status);
  }
}

/** Statuses after which the same request may pass: throttled, or no function to answer. */
export const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** What the gateway itself answers, without our code: `{"message": …}` and nothing more. */
const OF_GATEWAY: Record<number, readonly [code: string, detail: string, hint: string]> = {
  401: ["unauthenticated", "The API does not know who you are.", "Sign in again."],
  403: ["forbidden", "The API does not let you in.", "Ask an administrator for access."],
  404: ["not_found", "There is no such page in the API.", "Check the address of the API."],
  413: ["too_large", "The request is too large.", "Send less at once."],
  429: ["throttled", "Too many requests at once.", "Wait a moment and try again."],
};

/** The error of an answer that is none of 2xx and 3xx. Reads the body. */
export async function problemOf(response: Response): Promise<PivotrError> {
  const text = await response.text().catch(() => "");
  const body = parsed(text);
  if (isProblem(body)) return new PivotrError(body);
  const [code, detail, hint] = OF_GATEWAY[response.status] ?? [
    "unavailable",
    `The API answered with status ${response.status}.`,
    "Try again later.",
  ];
  return new PivotrError({
    type: "about:blank",
    title: response.statusText || code,
    status: response.status,
    detail,
    code,
    hint,
    request_id: response.headers.get("x-request-id") ?? response.headers.get("apigw-requestid") ?? "",
  });
}

/** The error of a request that got no answer. */
export function unreachable(cause: unknown): PivotrError {
  return new PivotrError(
    {
      type: "about:blank",
      title: "No answer",
      status: 0,
      detail: "The API cannot be reached.",
      code: "unreachable",
      hint: "Check the connection and the address of the API.",
      request_id: "",
    },
    { cause },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === "object" &&
    body !== null &&
    ["code", "detail", "hint"].every((key) => typeof (body as Record<string, unknown>)[key] === "string")
  );
}
