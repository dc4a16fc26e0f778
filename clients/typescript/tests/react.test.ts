// @vitest-environment happy-dom
// @vitest-environment-options { "url": "http://console.example/" }
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, configure, renderHook, waitFor } from "@testing-library/react";
import { createElement, type ReactNode } from "react";
import { expect, inject, it } from "vitest";
import { createPivotrClient, PivotrError } from "../src/index.js";
import { createPivotrHooks } from "../src/react.js";

configure({ asyncUtilTimeout: 10_000 });

const client = createPivotrClient({ baseUrl: inject("api"), retries: 0 });
const hooks = createPivotrHooks(client);

function wrapper({ children }: { children: ReactNode }) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return createElement(QueryClientProvider, { client: queries }, children);
}

it("the dashboard arrives", async () => {
  const { result } = renderHook(() => hooks.useDashboard(), { wrapper });
  await waitFor(() => expect(result.current.data).toBeDefined());
  expect(result.current.data?.health).toBe("ok");
});

it("leads come page by page", async () => {
  for (const name of ["one", "two", "three"]) {
    await client.POST("/api/leads", { body: { email: `${name}@hooks.example`, list: "hooks" } });
  }
  const { result } = renderHook(() => hooks.useLeads({ list: "hooks", limit: 2 }), { wrapper });
  await waitFor(() => expect(result.current.data).toBeDefined());
  while (result.current.hasNextPage) {
    await act(async () => void (await result.current.fetchNextPage()));
  }
  const emails = result.current.data?.pages.flatMap((page) => page.items.map((lead) => lead.email));
  expect(emails?.sort()).toEqual(["one@hooks.example", "three@hooks.example", "two@hooks.example"]);
});

it("a refusal is the one error, with its hint", async () => {
  const { result } = renderHook(() => hooks.useStartCampaign(), { wrapper });
  act(() => result.current.mutate({ params: { path: { id: "nowhere-0001" } } }));
  await waitFor(() => expect(result.current.isError).toBe(true));
  expect(result.current.error).toBeInstanceOf(PivotrError);
  expect((result.current.error as unknown as PivotrError).hint).not.toBe("");
});

it("a change makes pages of the campaign read anew", async () => {
  await client.POST("/api/senders", { body: { address: "hooks@acme.example", name: "Meena" } });
  await client.POST("/api/templates", { body: { id: "hooks", subject: "A question", text: "Hello" } });
  const { data: made } = await client.POST("/api/campaigns", {
    body: { name: "Hooks", steps: ["hooks"], senders: ["hooks@acme.example"], lists: ["hooks"] },
  });
  const id = made?.id ?? "";
  const { result } = renderHook(
    () => ({ page: hooks.useCampaign(id), start: hooks.useStartCampaign(), pause: hooks.usePauseCampaign() }),
    { wrapper },
  );
  await waitFor(() => expect(result.current.page.data?.status).toBe("draft"));
  await act(async () => void (await result.current.start.mutateAsync({ params: { path: { id } } })));
  await waitFor(() => expect(result.current.page.data?.status).toBe("running"));
  await act(async () => void (await result.current.pause.mutateAsync({ params: { path: { id } } })));
  await waitFor(() => expect(result.current.page.data?.status).toBe("paused"));
});
