CREATE TABLE y (a INT METADATA FROM 'offset' VIRTUAL, b AS a + 1, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 'y', 'format' = 'raw')
