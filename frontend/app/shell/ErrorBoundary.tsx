import { Component, type ReactNode } from 'react';
import { ErrorPanel } from '../../ui/ErrorPanel';

type Props = { children: ReactNode };
type State = { error: Error | null };

/** Mount it with the path as key: leaving a page that broke heals it. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <ErrorPanel
        title="This page stopped working"
        message={error.message}
        code={error.name}
        onRetry={() => {
          this.setState({ error: null });
        }}
      />
    );
  }
}
