import {
  IconBell,
  IconBooks,
  IconAdjustments,
  IconArrowsExchange,
  IconChartLine,
  IconCube,
  IconFileText,
  IconFlask2,
  IconGauge,
  IconHistory,
  IconLink,
  IconListCheck,
  IconLockAccess,
  IconRadar2,
  IconSettings,
  IconShieldLock,
  IconPlugConnected,
  IconTimelineEvent,
  IconTool,
  IconTopologyStar3,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { Icon } from '../parts/actions/action';

export type Page = {
  /** Below the base path; `$name` is a parameter. */
  path: string;
  title: string;
  /** Present when the page stands in the navigation. */
  nav?: {
    /** Heading in the rail; '' stands above all headings. */
    group: string;
    icon: Icon;
    /** After `g`, it leads here. */
    key: string;
    /** Stands in the bottom bar of a phone, which has room for four. */
    phone?: true;
    /** Other words that people look for it by. */
    words?: string;
  };
  /** It shows what was, over a range that the shell offers and that goes along from one such page to the next. */
  history?: true;
  /** Only these tabs of it follow that range; '' is the first. */
  historyTabs?: readonly string[];
  /** A list whose filter and order can be kept under a name. */
  views?: true;
  /** Made to be seen from afar: kiosk mode goes round these. */
  kiosk?: true;
  /** What reading its data takes, of some things at least. Who lacks one of these does not find the page anywhere. */
  needs?: readonly string[];
  load: () => Promise<ComponentType>;
};

/** Every page of the dashboard: router, navigation, keys, palette and titles read this table and nothing else. */
export const pages: readonly Page[] = [
  {
    path: '/',
    needs: ['provider:read'],
    title: 'Overview',
    nav: { group: '', icon: IconGauge, key: 'h', phone: true, words: 'home attention' },
    kiosk: true,
    load: async () => (await import('../features/overview/OverviewPage')).OverviewPage,
  },
  {
    path: '/providers',
    needs: ['provider:read'],
    title: 'Providers',
    nav: { group: 'Operate', icon: IconPlugConnected, key: 'p', phone: true, words: 'servers' },
    views: true,
    load: async () => (await import('../features/providers/ProvidersPage')).ProvidersPage,
  },
  {
    path: '/providers/$id',
    needs: ['provider:read'],
    title: 'Provider',
    history: true,
    historyTabs: ['', 'summary', 'calls'],
    load: async () => (await import('../features/providers/ProviderPage')).ProviderPage,
  },
  {
    path: '/tools',
    needs: ['tool:list'],
    title: 'Tools',
    nav: { group: 'Operate', icon: IconTool, key: 't', words: 'functions' },
    views: true,
    load: async () => (await import('../features/tools/ToolsPage')).ToolsPage,
  },
  {
    path: '/groups',
    needs: ['group:read'],
    title: 'Groups',
    nav: { group: 'Operate', icon: IconCube, key: 'g', words: 'balance failover members' },
    kiosk: true,
    views: true,
    load: async () => (await import('../features/groups/GroupsPage')).GroupsPage,
  },
  {
    path: '/groups/$id',
    needs: ['group:read'],
    title: 'Group',
    load: async () => (await import('../features/groups/GroupPage')).GroupPage,
  },
  {
    path: '/topology',
    needs: ['provider:read', 'group:read'],
    title: 'Topology',
    nav: { group: 'Operate', icon: IconTopologyStar3, key: 'm', words: 'map graph' },
    kiosk: true,
    load: async () => (await import('../features/topology/TopologyPage')).TopologyPage,
  },
  {
    path: '/calls',
    needs: ['call:read'],
    title: 'Calls',
    nav: { group: 'Observe', icon: IconArrowsExchange, key: 'c', words: 'latency heatmap batch' },
    history: true,
    views: true,
    load: async () => (await import('../features/calls/CallsPage')).CallsPage,
  },
  {
    path: '/charts',
    needs: ['metrics:read'],
    title: 'Metrics', // /metrics is what Prometheus reads
    nav: { group: 'Observe', icon: IconChartLine, key: 'x', words: 'charts rate errors duration' },
    history: true,
    kiosk: true,
    views: true,
    load: async () => (await import('../features/metrics/MetricsPage')).MetricsPage,
  },
  {
    path: '/events',
    needs: ['event:read'],
    title: 'Events',
    nav: { group: 'Observe', icon: IconTimelineEvent, key: 'e', words: 'history' },
    history: true,
    views: true,
    load: async () => (await import('../features/events/EventsPage')).EventsPage,
  },
  {
    path: '/logs',
    needs: ['provider:read', 'log:read'],
    title: 'Logs',
    nav: { group: 'Observe', icon: IconFileText, key: 'l', phone: true, words: 'stderr' },
    views: true,
    load: async () => (await import('../features/logs/LogsPage')).LogsPage,
  },
  {
    path: '/operations',
    needs: ['operation:read'],
    title: 'Operations',
    nav: { group: 'Observe', icon: IconListCheck, key: 'o', phone: true, words: 'progress tasks' },
    kiosk: true,
    views: true,
    load: async () => (await import('../features/operations/OperationsPage')).OperationsPage,
  },
  {
    path: '/alerts',
    needs: ['alert:read'],
    title: 'Alerts',
    nav: { group: 'Observe', icon: IconBell, key: 'a', words: 'firing wrong silence acknowledge' },
    kiosk: true,
    load: async () => (await import('../features/alerts/AlertsPage')).AlertsPage,
  },
  {
    path: '/access',
    needs: ['auth:read'],
    title: 'Access',
    nav: { group: 'Secure', icon: IconLockAccess, key: 's', words: 'keys roles principals auth' },
    load: async () => (await import('../features/access/AccessPage')).AccessPage,
  },
  {
    path: '/audit',
    needs: ['audit:read'],
    title: 'Audit',
    nav: { group: 'Secure', icon: IconHistory, key: 'u', words: 'who changed what history' },
    load: async () => (await import('../features/audit/AuditPage')).AuditPage,
  },
  {
    path: '/security',
    needs: ['audit:read'],
    title: 'Security',
    nav: { group: 'Secure', icon: IconShieldLock, key: 'y', words: 'denied lock-out drift ssrf' },
    load: async () => (await import('../features/security/SecurityPage')).SecurityPage,
  },
  {
    path: '/catalog',
    needs: ['catalog:read'],
    title: 'Catalog',
    nav: { group: 'Extend', icon: IconBooks, key: 'k', words: 'deploy registry install server' },
    views: true,
    load: async () => (await import('../features/catalog/CatalogPage')).CatalogPage,
  },
  {
    path: '/discovery',
    needs: ['discovery:read'],
    title: 'Discovery',
    nav: { group: 'Extend', icon: IconRadar2, key: 'd', words: 'found approve inbox sources' },
    views: true,
    load: async () => (await import('../features/discovery/DiscoveryPage')).DiscoveryPage,
  },
  {
    path: '/playground',
    needs: ['tool:list', 'tool:invoke'],
    title: 'Playground',
    nav: { group: 'Try', icon: IconFlask2, key: 'r', words: 'call inspector try' },
    load: async () => (await import('../features/playground/PlaygroundPage')).PlaygroundPage,
  },
  {
    path: '/connect',
    needs: ['tool:list'],
    title: 'Connect',
    nav: { group: 'Try', icon: IconLink, key: 'n', words: 'client claude cursor snippet import' },
    load: async () => (await import('../features/connect/ConnectPage')).ConnectPage,
  },
  {
    path: '/config',
    needs: ['config:read'],
    title: 'Configuration',
    nav: { group: 'System', icon: IconAdjustments, key: 'f', words: 'reload backup diff export' },
    load: async () => (await import('../features/config/ConfigPage')).ConfigPage,
  },
  {
    path: '/settings',
    title: 'Settings',
    nav: {
      group: 'System',
      icon: IconSettings,
      key: ',',
      words: 'theme density log level version',
    },
    load: async () => (await import('../features/settings/SettingsPage')).SettingsPage,
  },
  {
    path: '/operations/$id',
    needs: ['operation:read'],
    title: 'Operation',
    load: async () => (await import('../features/operations/OperationPage')).OperationPage,
  },
];
