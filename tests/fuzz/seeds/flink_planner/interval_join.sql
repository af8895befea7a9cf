SELECT o.id, u.uid FROM o JOIN u ON o.k = u.k AND u.ts BETWEEN o.ts - INTERVAL '5' SECOND AND o.ts + INTERVAL '5' SECOND;
