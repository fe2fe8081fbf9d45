export const charges: readonly string[];
export const evil: string;
export const long: string;
export const markup: string;
export const override: string;
export const lookalike: string;
export const tools: readonly { name: string }[];
