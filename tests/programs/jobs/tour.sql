.headers on
create table person(id integer primary key, name text not null unique, born integer, height real);
create table visit(person integer references person(id), day text, place text);
create index visit_day on visit(day);
insert into person(name, born, height) values
  ('Ada', 1815, 1.65), ('Blaise', 1623, null), ('Carl', 1777, 1.7), ('Dorothy', 1910, 1.62), ('Emmy', 1882, 1.6);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
insert into visit select i * 7 % 5 + 1, date('2024-01-01', '+' || (i * 13 % 366) || ' days'),
  case i % 3 when 0 then 'Paris' when 1 then 'London' else 'Göttingen' end from n;
select name, count(*) as visits, min(day), max(day), group_concat(distinct place)
  from person join visit on person = id group by id order by name;
select place, day, count(*) as c, rank() over (partition by place order by count(*) desc, day) as r
  from visit group by place, day order by place, r limit 12;
select name, round(height * 100), born / 3.0, born % 7, born << 3, -born, typeof(height),
  printf('%08.3f|%-6s|%x', born * 1.1, name, born) from person;
select json_group_array(json_object('name', name, 'born', born)) from person where height is not null;
select sqrt(2), sin(1), pow(2, 0.5), ln(10), abs(-9223372036854775807), 9223372036854775807 + 1;
create trigger after_visit after insert on visit begin
  update person set height = coalesce(height, 0) + 0.01 where id = new.person;
end;
insert into visit values (2, '2025-01-01', 'Rouen'), (2, '2025-01-02', 'Paris');
select name, height from person where height < 1;
create virtual table words using fts5(text);
insert into words select name || ' was in ' || place || ' on ' || day from person join visit on person = id limit 500;
select count(*) from words where words match 'goettingen OR paris';
select highlight(words, 0, '[', ']') from words where words match 'ada AND london' order by rowid limit 3;
create virtual table boxes using rtree(id, x0, x1, y0, y1);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 400)
insert into boxes select i, i % 20, i % 20 + 2, i / 20, i / 20 + 1.5 from n;
select count(*), sum(id) from boxes where x0 >= 3 and x1 <= 9 and y0 < 7;
begin; delete from visit where day > '2024-06-30'; select changes(); rollback;
select count(*) from visit;
explain query plan select * from visit where day = '2024-03-01';
select hex(zeroblob(4)), quote('it''s'), substr('naïve', 3, 2), upper('straße'), instr('hello', 'l');
insert into person(name) values ('Ada');
select total_changes() > 3000;
pragma integrity_check;
vacuum;
.dump person
