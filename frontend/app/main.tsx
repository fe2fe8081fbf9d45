import '../ui/mantine.css';
import '../ui/global.css';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { cspNonce, readBoot } from './boot';
import { createAppRouter } from './router';

// The scroll lock below Mantine's dialogs writes a style element and asks get-nonce for its nonce.
setNonce(cspNonce());

const root = document.getElementById('root');
if (!root) throw new Error('the shell has no #root');

const boot = readBoot();
createRoot(root).render(
  <StrictMode>
    <App router={createAppRouter(boot)} />
  </StrictMode>,
);
