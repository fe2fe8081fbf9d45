/** Names for the shapes that travel, taken from the generated schema by path, so that a renamed component breaks nothing. */
import type { paths } from './schema.gen';

type Json<R> = R extends { content: { 'application/json': infer B } } ? B : never;
type Answer<Op, Code extends number> = Op extends { responses: infer R }
  ? Code extends keyof R
    ? Json<R[Code]>
    : never
  : never;
type Body<Op> = Op extends { requestBody?: infer B } ? Json<NonNullable<B>> : never;

type Providers = paths['/api/providers'];
type Provider = paths['/api/providers/{provider_id}'];

export type FleetSnapshot = Answer<Providers['get'], 200>;
export type ProviderSummary = FleetSnapshot['providers'][number];
export type ProviderDetail = Answer<Provider['get'], 200>;
export type ProviderState = ProviderSummary['state'];
export type ProviderMode = ProviderSummary['mode'];
export type ProviderStatus = ProviderSummary['status'];
export type NewProvider = Body<Providers['post']>;
export type ProviderPatch = Body<Provider['put']>;
type BulkBody = Body<paths['/api/providers/bulk']['post']>;
/** The server's own reason is good enough. */
export type BulkOrder = Omit<BulkBody, 'reason'>;
export type BulkAnswer = Answer<paths['/api/providers/bulk']['post'], 200>;
export type Tool = ProviderDetail['tools'][number];
export type FleetTools = Answer<paths['/api/tools']['get'], 200>;
export type FleetTool = FleetTools['tools'][number];
export type Health = Answer<paths['/api/providers/{provider_id}/health']['get'], 200>;
export type HealthCheck = Health['history'][number];
export type LogPage = Answer<paths['/api/providers/{provider_id}/logs']['get'], 200>;
export type LogLine = LogPage['logs'][number];
export type LastError = NonNullable<ProviderDetail['last_error']>;
export type GroupList = Answer<paths['/api/groups']['get'], 200>;
export type Group = GroupList['groups'][number];
export type GroupMember = Group['members'][number];
export type Strategy = Group['strategy'];
export type BreakerState = Group['circuit_breaker_state'];
export type NewGroup = Body<paths['/api/groups']['post']>;
export type OperationList = Answer<paths['/api/operations']['get'], 200>;
export type Operation = OperationList['operations'][number];
export type OperationEvents = Answer<paths['/api/operations/{operation_id}/events']['get'], 200>;
export type OperationEvent = OperationEvents['events'][number];
export type System = Answer<paths['/api/system']['get'], 200>['system'];
export type CatalogList = Answer<paths['/api/catalog']['get'], 200>;
export type CatalogEntry = CatalogList['entries'][number];
export type Deployment = Body<paths['/api/catalog/{entry_id}/deploy']['post']>;
export type Deployed = Answer<paths['/api/catalog/{entry_id}/deploy']['post'], 201>;
export type Imported = Answer<paths['/api/catalog/import']['post'], 201>;
export type Mirror = Answer<paths['/api/catalog/mirror']['get'], 200>;
export type ConfigInEffect = Answer<paths['/api/config']['get'], 200>;
export type Planned = Answer<paths['/api/config/reload']['post'], 200>;
export type ConfigDiff = Answer<paths['/api/config/diff']['get'], 200>;
export type BackupList = Answer<paths['/api/config/backups']['get'], 200>;
export type Backup = BackupList['backups'][number];
export type Exported = Answer<paths['/api/config/export']['post'], 200>;
export type Found = Answer<paths['/api/discovery/providers']['get'], 200>['providers'][number];
export type Source = Answer<paths['/api/discovery/sources']['get'], 200>['sources'][number];
export type NewSource = Body<paths['/api/discovery/sources']['post']>;
export type CallPage = Answer<paths['/api/calls']['get'], 200>;
export type CallRecord = CallPage['calls'][number];
export type MetricsHistory = Answer<paths['/api/observability/metrics/history']['get'], 200>;
export type FleetActivity = Answer<paths['/api/observability/activity']['get'], 200>;
export type ProviderActivity = FleetActivity['providers'][number];
export type WhoAmI = Answer<paths['/api/auth/whoami']['get'], 200>;
export type Principal = Answer<paths['/api/auth/principals']['get'], 200>['principals'][number];
export type RoleInfo = Answer<paths['/api/auth/roles']['get'], 200>['roles'][number];
export type KeyList = Answer<paths['/api/auth/keys/{id}']['get'], 200>;
export type KeyInfo = KeyList['keys'][number];
export type NewKey = Answer<paths['/api/auth/keys']['post'], 201>;
export type AlertList = Answer<paths['/api/observability/alerts']['get'], 200>;
export type Alert = AlertList['alerts'][number];
export type Silence = Answer<paths['/api/observability/silences']['get'], 200>['silences'][number];
export type AuditPage = Answer<paths['/api/observability/audit']['get'], 200>;
export type AuditRecord = AuditPage['records'][number];
export type SecurityPage = Answer<paths['/api/observability/security']['get'], 200>;
export type SecurityEvent = SecurityPage['events'][number];
export type LogLevel = Answer<paths['/api/system/log-level']['get'], 200>['level'];
export type RotatedKey = Answer<paths['/api/auth/keys/{id}/rotate']['post'], 200>;
export type Policy = Answer<paths['/api/auth/policies']['get'], 200>['policies'][number];
export type PolicyEffect = Policy['effect'];
export type PolicyView = Answer<paths['/api/auth/policies/{provider_id}/{tool_name}']['get'], 200>;
export type Decision = PolicyView['decisions'][number];
export type Vocabulary = Answer<paths['/api/auth/permissions']['get'], 200>;
export type ImportPlan = Answer<paths['/api/connect/import']['post'], 200>;
export type ImportStep = ImportPlan['servers'][number];
export type ImportRequest = Body<paths['/api/connect/import']['post']>;
export type EventPage = Answer<paths['/api/events']['get'], 200>;

/** One event as the sockets and GET /events carry it: the envelope, and the event's own fields beside it. */
export type EventFrame = {
  event_type: string;
  event_id: string;
  position: number;
  timestamp: string;
  provider_id?: string;
  [field: string]: unknown;
};

/** Frames about the stream itself: they have `type` and never `event_type`. */
export type ControlFrame = {
  type: string;
  code?: string;
  dropped?: number;
  since?: string;
  position?: number;
  head?: number;
  reason?: string;
  store_id?: string;
};

export type ContentPart =
  | { type: 'text'; text: string }
  | { type: 'image'; data: string; mimeType: string }
  | { type: 'audio'; data: string; mimeType: string }
  | { type: 'resource'; resource: { uri?: string; text?: string; mimeType?: string } }
  | { type: 'resource_link'; uri: string; name?: string };

/** An MCP tool result as it came, plus the time that the call took. */
export type CallResult = {
  content?: ContentPart[];
  isError?: boolean;
  structuredContent?: unknown;
  duration_ms: number;
};

export type CallProgress = { progress: number; total?: number; message?: string };
