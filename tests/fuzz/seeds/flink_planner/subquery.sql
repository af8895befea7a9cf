SELECT id FROM o a WHERE v > (SELECT AVG(v) FROM o b WHERE b.k = a.k);
