import { defineConfig } from '@playwright/test';
import usual from './playwright.config';

/** Not a test: takes the pictures of docs/screenshots. */
export default defineConfig(usual, { testMatch: 'screenshots.ts', timeout: 300_000 });
