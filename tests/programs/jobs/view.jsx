export const View = ({ items, ...rest }) => (
  <ul className="list" {...rest}>
    {items.map((item, index) => <li key={index}>{item.name} &amp; <b>{index + 1}</b></li>)}
    <></>
  </ul>
);
