import type {
  CallRecord,
  CatalogEntry,
  CatalogList,
  EventFrame,
  FleetSnapshot,
  FleetTool,
  Group,
  GroupList,
  GroupMember,
  Health,
  LogLine,
  Operation,
  OperationEvent,
  OperationList,
  ProviderDetail,
  ProviderState,
  ProviderSummary,
  Tool,
} from '../api/types';

const sentences: Record<ProviderState, ProviderSummary['status']> = {
  cold: { level: 'off', summary: 'Never started', detail: '', action: 'start' },
  initializing: { level: 'busy', summary: 'Starting', detail: '', action: '' },
  ready: { level: 'ok', summary: 'Running with 2 tools', detail: '', action: '' },
  degraded: { level: 'warn', summary: '3 health checks failed', detail: '', action: 'logs' },
  dead: { level: 'error', summary: 'Not running after a failure', detail: '', action: 'logs' },
};

function summary(state: ProviderState) {
  return (id: string, change: Partial<ProviderSummary> = {}): ProviderSummary => ({
    provider: id,
    state,
    mode: 'subprocess',
    alive: state === 'ready' || state === 'degraded',
    tools_count: 2,
    health_status: 'unknown',
    tools_predefined: false,
    description: '',
    stopping: false,
    source: 'file',
    last_call_at: null,
    calls_total: 0,
    calls_failed: 0,
    circuit_state: 'closed',
    retry_at: null,
    disabled: null,
    status: sentences[state],
    ...change,
  });
}

export const provider = {
  cold: summary('cold'),
  ready: summary('ready'),
  degraded: summary('degraded'),
  dead: summary('dead'),
};

export const snapshot = (position: number, ...providers: ProviderSummary[]): FleetSnapshot => ({
  providers,
  position,
  store_id: 'store-1',
});

export const noHealth: Health = {
  status: 'unknown',
  consecutive_failures: 0,
  total_invocations: 0,
  total_failures: 0,
  success_rate: 1,
  can_retry: true,
  last_success_ago: null,
  last_failure_ago: null,
  history: [],
};

export const addTool: Tool = {
  name: 'add',
  description: 'Adds b to a.',
  parameters: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  },
};

export function detail(
  from: ProviderSummary,
  change: Partial<ProviderDetail> = {},
): ProviderDetail {
  const { provider: id, ...facts } = from;
  return {
    ...facts,
    provider_id: id,
    tools: [],
    health: noHealth,
    configuration: {
      command: ['demo', '--fast'],
      image: '',
      endpoint: '',
      env: {},
      idle_ttl_s: 300,
      health_check_interval_s: 60,
      description: facts.description,
      volumes: [],
      network: 'none',
      read_only: true,
      args: [],
      user: '',
      pull: 'if_missing',
      resources: null,
      auth: null,
      tls: null,
      http: null,
      max_concurrency: 0,
      max_consecutive_failures: 3,
      auto_disable_after: 5,
      prewarm: false,
      hold_warm: false,
    },
    idle_time: 0,
    created_at: '2026-11-20T10:00:00.000000Z',
    updated_at: '2026-11-20T10:00:00.000000Z',
    position: 1,
    meta: {},
    last_error: null,
    ...change,
  };
}

export const event = (
  position: number,
  type: string,
  providerId: string,
  fields: object = {},
): EventFrame => ({
  event_type: type,
  event_id: `event-${position}`,
  position,
  timestamp: '2026-11-20T10:15:30.123456Z',
  provider_id: providerId,
  ...fields,
});

export const stateChange = (position: number, id: string, from: string, to: string): EventFrame =>
  event(position, 'ProviderStateChanged', id, { old_state: from, new_state: to, reason: '' });

export const logLine = (seq: number, line: string, providerId = 'math'): LogLine => ({
  timestamp: '2026-11-20T10:15:30.123456Z',
  line,
  provider_id: providerId,
  stream: 'stderr',
  seq,
});

export const member = (id: string, change: Partial<GroupMember> = {}): GroupMember => ({
  id,
  state: 'ready',
  in_rotation: true,
  weight: 1,
  priority: 1,
  consecutive_failures: 0,
  circuit_breaker_state: 'closed',
  wanted_share: 0.5,
  observed_share: 0.5,
  in_flight: 0,
  ...change,
});

function groupIn(state: Group['state'], change: Partial<Group>) {
  return (id: string, ...members: GroupMember[]): Group => ({
    group_id: id,
    description: null,
    state,
    strategy: 'round_robin',
    source: 'api',
    min_healthy: 1,
    healthy_count: members.filter((one) => one.in_rotation && one.circuit_breaker_state !== 'open')
      .length,
    total_members: members.length,
    is_available: true,
    circuit_open: false,
    circuit_breaker_state: 'closed',
    recent_calls: 120,
    members,
    created_at: '2026-11-20T10:00:00.000000Z',
    updated_at: '2026-11-20T10:00:00.000000Z',
    ...change,
  });
}

export const group = {
  healthy: groupIn('healthy', {}),
  partial: groupIn('partial', { min_healthy: 2 }),
  down: groupIn('degraded', {
    is_available: false,
    circuit_open: true,
    circuit_breaker_state: 'open',
  }),
};

export const groupList = (...groups: Group[]): GroupList => ({
  groups,
  position: 10,
  store_id: 'store-1',
});

export const fleetTool = (
  providerId: string,
  name: string,
  change: Partial<FleetTool> = {},
): FleetTool => ({
  provider_id: providerId,
  name,
  description: `${name} of ${providerId}`,
  bytes: 400,
  ...change,
});

/** The frames of /api/ws/state?mode=delta. */
export const fleetFrame = (position: number, ...providers: ProviderSummary[]) => ({
  type: 'snapshot',
  position,
  providers,
});

export const delta = (position: number, changed: ProviderSummary[], removed: string[] = []) => ({
  type: 'delta',
  position,
  changed,
  removed,
});

const begunAt = 1_795_600_000;

function operationIn(change: Partial<Operation>) {
  return (id: string, more: Partial<Operation> = {}): Operation => ({
    operation_id: id,
    operation_type: 'tool_call',
    started_at: begunAt,
    ended_at: null,
    status: 'running',
    progress: 0,
    message: '',
    metadata: { provider_id: 'math', tool_name: 'slow' },
    event_count: 1,
    cancellable: true,
    error: null,
    error_type: null,
    started_by: 'system:fleet',
    provider_ids: ['math'],
    provider_count: 1,
    ...change,
    ...more,
  });
}

export const operation = {
  running: operationIn({}),
  completed: operationIn({ status: 'completed', progress: 1, ended_at: begunAt + 2 }),
  failed: operationIn({
    status: 'error',
    ended_at: begunAt + 1,
    error: 'exited with code 3',
    error_type: 'ProviderStartError',
  }),
};

export const operationList = (...operations: Operation[]): OperationList => ({
  operations,
  total: operations.length,
});

/** What GET /operations/{id}/events tells. */
export const operationEvent = (
  position: number,
  type: OperationEvent['event_type'],
  data: object,
  secondsIn = 0,
  id = 'op-1',
): OperationEvent => ({
  event_type: type,
  operation_id: id,
  timestamp: begunAt + secondsIn,
  data,
  position,
  event_id: `event-${position}`,
  version: position,
});

/** What the operations socket says. */
export const operationFrame = {
  begun: (position: number, id: string) => ({
    event_type: 'status',
    operation_id: id,
    timestamp: begunAt,
    position,
    event_id: `event-${position}`,
    data: {
      status: 'running',
      message: '',
      details: {
        operation_type: 'tool_call',
        metadata: { provider_id: 'math', tool_name: 'slow' },
      },
    },
  }),
  progress: (position: number, id: string, progress: number, message: string) => ({
    ...operationEvent(position, 'progress', { progress, message, details: {} }, 1, id),
  }),
  completed: (position: number, id: string) =>
    operationEvent(position, 'completed', { status: 'completed', duration: 2 }, 2, id),
  failed: (position: number, id: string, error: string, type: string) =>
    operationEvent(position, 'error', { error, error_type: type }, 2, id),
};

export const catalogEntry = (id: string, change: Partial<CatalogEntry> = {}): CatalogEntry => ({
  entry_id: id,
  name: id,
  title: '',
  description: `What ${id} does`,
  mode: 'subprocess',
  command: ['npx', '-y', id],
  image: null,
  args: [],
  more: [],
  endpoint: null,
  env: [],
  required_env: [],
  network: 'none',
  volumes: [],
  tags: [],
  verified: true,
  source: 'builtin',
  builtin: true,
  homepage: '',
  version: '',
  variant: '',
  needs: 'npx',
  provider_id: id,
  form: { type: 'object', properties: {}, additionalProperties: false },
  created_at: null,
  updated_at: null,
  ...change,
});

export const catalogList = (...entries: CatalogEntry[]): CatalogList => ({
  entries,
  total: entries.length,
});

export const callRecord = (id: string, change: Partial<CallRecord> = {}): CallRecord => ({
  call_id: id,
  position: 1,
  timestamp: '2026-11-20T10:00:01.000Z',
  provider_id: 'math',
  tool_name: 'add',
  group_id: '',
  who: { type: 'user', id: 'ann' },
  via: 'mcp',
  batch_id: '',
  trace_id: '',
  outcome: 'success',
  error_type: '',
  error_message: '',
  duration_ms: 1_000,
  queue_ms: 200,
  cold_start_ms: 300,
  execute_ms: 500,
  request_size_bytes: 20,
  result_size_bytes: 40,
  ...change,
});
