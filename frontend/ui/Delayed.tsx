import { useEffect, useState, type ReactNode } from 'react';

type Props = { children: ReactNode; afterMs?: number };

/** Shows its children only when it has taken long enough to be worth a flicker. */
export function Delayed({ children, afterMs = 150 }: Props) {
  const [due, setDue] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      setDue(true);
    }, afterMs);
    return () => {
      clearTimeout(timer);
    };
  }, [afterMs]);
  return due ? children : null;
}
