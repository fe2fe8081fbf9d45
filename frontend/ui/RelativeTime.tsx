import { formatAgo, formatDateTime } from './format';

type Props = { iso: string | null; now: number };

export function RelativeTime({ iso, now }: Props) {
  if (iso === null) return <span className="muted">–</span>;
  return (
    <time dateTime={iso} title={formatDateTime(iso)} className="num">
      {formatAgo(Date.parse(iso), now)}
    </time>
  );
}
