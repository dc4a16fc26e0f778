import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import createQueryClient, { type OpenapiQueryClient } from "openapi-react-query";
import type { PivotrClient } from "./client.js";
import type { paths } from "./schema.js";

/** How long figures may be old, as the API says: 15 seconds. */
const FIGURES_MS = 15_000;

type LeadQuery = Omit<NonNullable<paths["/api/leads"]["get"]["parameters"]["query"]>, "cursor">;

/** TanStack Query for every route, and ready hooks for the pages of a console. */
export function createPivotrHooks(client: PivotrClient) {
  const api: OpenapiQueryClient<paths> = createQueryClient(client);

  /** After a change of a campaign: its page, the list and the figures are read anew. */
  function useFresh(): () => Promise<void> {
    const queries = useQueryClient();
    return async () => {
      await queries.invalidateQueries({
        predicate: ({ queryKey }) => /^\/api\/(campaigns|metrics)/.test(String(queryKey[1])),
      });
    };
  }

  return {
    /** `api.useQuery("get", "/api/…")`, `api.useMutation(…)` for every route. */
    api,

    /** The account today, the last seven days, and every campaign's sums; read again every 15 seconds. */
    useDashboard: () =>
      api.useQuery("get", "/api/metrics/dashboard", {}, { refetchInterval: FIGURES_MS, staleTime: FIGURES_MS }),

    /** Leads page by page: `data.pages`, `fetchNextPage()`. */
    useLeads: (query: LeadQuery = {}) =>
      useInfiniteQuery({
        queryKey: ["get", "/api/leads", { params: { query } }],
        queryFn: async ({ pageParam, signal }) => {
          const paged = { ...query, ...(pageParam ? { cursor: pageParam } : {}) };
          const { data } = await client.GET("/api/leads", { params: { query: paged }, signal });
          return data as NonNullable<typeof data>;
        },
        initialPageParam: "",
        getNextPageParam: (page) => page.cursor ?? undefined,
      }),

    useCampaign: (id: string) => api.useQuery("get", "/api/campaigns/{id}", { params: { path: { id } } }),

    useStartCampaign: () =>
      api.useMutation("post", "/api/campaigns/{id}/start", { onSuccess: useFresh() }),
    usePauseCampaign: () =>
      api.useMutation("post", "/api/campaigns/{id}/pause", { onSuccess: useFresh() }),
    useResumeCampaign: () =>
      api.useMutation("post", "/api/campaigns/{id}/resume", { onSuccess: useFresh() }),
    useAbortCampaign: () =>
      api.useMutation("post", "/api/campaigns/{id}/abort", { onSuccess: useFresh() }),
  };
}
