/** A hangar door with a heartbeat in it. */
export function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true" style={{ flex: 'none' }}>
      <path
        d="M2 20V9.5C2 5 6 2 11 2s9 3 9 7.5V20"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
      />
      <path d="M6 20v-4M9.3 20v-7M12.7 20v-9M16 20v-5" stroke="currentColor" strokeWidth="1.8" />
    </svg>
  );
}
