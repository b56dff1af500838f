// This file types the module that is served as preact.js: `htm/preact/standalone`, with its authors' types.

export { html, render, useCallback, useEffect, useRef, useState } from 'htm/preact';
export type { ComponentChildren } from 'preact';
