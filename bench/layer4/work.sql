-- What the benchmark has SQLite do: rows from a recursion, an index, joins, groups, text.
create table person (id integer primary key, name text, age integer);
create table visit (person integer, place text, minutes integer);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 6000)
insert into person select i, printf('%s-%05d', substr('abcdefghij', i % 10 + 1, 1), i * 7919 % 10007),
    i * 31 % 90 from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
insert into visit select i * 17 % 6000 + 1, 'place ' || i * 13 % 101, i * 7 % 240 from n;
create index by_person on visit (person);
select age / 10, count(*), sum(minutes) from person join visit on visit.person = person.id
    group by age / 10 order by 1;
select place, count(distinct person), max(name) from visit join person on person.id = visit.person
    group by place order by 2 desc, 1 limit 9;
update visit set minutes = minutes + length(place) where person in (select id from person where age > 50);
select sum(minutes), count(*) from visit where place like '%9%';
delete from person where id not in (select person from visit where minutes > 100);
select count(*), min(name), max(name) from person;
